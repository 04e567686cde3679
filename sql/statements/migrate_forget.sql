/* A script: the adapter before may have had functions that this one has not.
   Closing, which is always called, does nothing again, as in migration 0001. */
DROP FUNCTION IF EXISTS followup.adapter_problems();
DROP FUNCTION IF EXISTS followup.changed_since(text);
DROP FUNCTION IF EXISTS followup.conversations_since(timestamptz);
DROP FUNCTION IF EXISTS followup.grant_adapter(name);
DROP FUNCTION IF EXISTS followup.new_messages(bigint, bigint);
CREATE OR REPLACE FUNCTION followup.close_conversation(
  tenant text, conversation text)
RETURNS void LANGUAGE sql AS 'SELECT';
