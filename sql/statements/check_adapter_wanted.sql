-- Which conversations are asked about; from here on a statement may take what
-- it may in a worker. params: [TENANT/]CONVERSATION a line, or null; the most
-- rows: how many, what is wrong: error | warning, text (null: nothing)
SELECT n, severity, problem
FROM pg_temp.choose_wanted($1::text, $2::integer)
