-- What is wrong with the facts that came. rows: error | warning, text
SELECT severity, problem FROM pg_temp.key_problems()
UNION ALL
SELECT severity, problem FROM pg_temp.fact_problems()
UNION ALL
SELECT severity, problem FROM pg_temp.change_problems()
UNION ALL
SELECT severity, problem FROM pg_temp.message_problems()
