-- Ask about a batch. params: its number, from 0; its size
-- rows: conversations asked about, facts that came, milliseconds; problem
SELECT asked, came, ms, problem
FROM pg_temp.ask_batch($1::integer, $2::integer)
