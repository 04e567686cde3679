-- Close the conversation that has waited longest. What the customer or a person
-- has changed since is left as it is; what cannot be closed now, for a lock or
-- for an error of the CRM's, is tried again later.
--
-- result: closed | left | failed (with its SQLSTATE); no row: nothing to do
CREATE OR REPLACE FUNCTION followup.close_next()
RETURNS TABLE (tenant text, conversation text, result text, state text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  c followup.closing;
  clock timestamptz := clock_timestamp();
BEGIN
  SELECT * INTO c FROM followup.closing x
  WHERE x.try_at <= clock
  ORDER BY x.try_at, x.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  tenant := c.tenant;
  conversation := c.conversation;
  result := 'left';
  PERFORM set_config('lock_timeout', '200ms', true);
  BEGIN
    PERFORM FROM followup.conversation_facts(
      ARRAY[c.tenant], ARRAY[c.conversation]) f
    WHERE f.status = 'open'
      AND coalesce(f.last_inbound_at, 'epoch') <= c.episode_at;
    IF FOUND THEN
      result := 'closed';
      PERFORM followup.close_conversation(c.tenant, c.conversation);
    END IF;
  EXCEPTION WHEN OTHERS THEN
    result := 'failed';
    state := SQLSTATE;
    UPDATE followup.closing x
    SET tries = x.tries + 1,
      try_at = clock_timestamp() + least(2 ^ x.tries, 300) * interval '1 s'
    WHERE x.id = c.id;
  END;
  -- Not in the block above, which is a transaction of its own: a row that one has
  -- locked and another deletes stays in the index until vacuum, in the way of
  -- all that come after it.
  IF result <> 'failed' THEN
    DELETE FROM followup.closing x WHERE x.id = c.id;
  END IF;
  RETURN NEXT;
END
$$;
