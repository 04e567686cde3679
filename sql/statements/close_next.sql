-- Close one conversation that a step has closed.
-- rows: tenant, conversation, closed | left | failed, SQLSTATE of a failure
--       (none: there is nothing to close)
SELECT tenant, conversation, result, state FROM followup.close_next()
