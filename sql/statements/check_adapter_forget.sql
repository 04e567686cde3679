/* A script, before an adapter that is tried: whatever it leaves out is missing
   then, and what it gets wrong can be looked at. A lock on the CRM's tables is
   waited for no longer than this. */
SET LOCAL lock_timeout = '1s';
SAVEPOINT adapter;
DROP FUNCTION IF EXISTS followup.conversation_facts(text[], text[]);
DROP FUNCTION IF EXISTS followup.close_conversation(text, text);
