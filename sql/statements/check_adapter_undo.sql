-- The adapter's triggers, and with them its locks on the CRM's tables.
ROLLBACK TO SAVEPOINT adapter
