/* A script, between migrate_forget.sql and an adapter that is tried: what it
   leaves out is missing then, and what it gets wrong can be looked at. A lock on
   the CRM's tables is waited for no longer than this. */
SET LOCAL lock_timeout = '1s';
SELECT pg_temp.set_aside();
SAVEPOINT adapter;
