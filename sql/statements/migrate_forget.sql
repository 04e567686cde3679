/* A script: the adapter before may have had functions that this one has not. */
DROP FUNCTION IF EXISTS followup.adapter_problems();
DROP FUNCTION IF EXISTS followup.changed_since(text);
DROP FUNCTION IF EXISTS followup.conversations_since(timestamptz);
DROP FUNCTION IF EXISTS followup.grant_adapter(name);
