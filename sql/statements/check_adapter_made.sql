-- What an adapter that is tried has made. rows: error | warning, text
SELECT severity, problem FROM pg_temp.shape_problems()
UNION ALL
SELECT CASE p.severity WHEN 'warning' THEN 'warning' ELSE 'error' END,
  'adapter_problems() says: ' || p.problem
FROM followup.problems() p
UNION ALL
SELECT severity, problem FROM pg_temp.capture_problems()
