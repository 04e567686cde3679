-- What stands in the adapter's way. rows: error | warning, text
SELECT severity, problem FROM followup.problems()
