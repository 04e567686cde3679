-- What an adapter may define besides its facts.

-- What stands in the adapter's way (error), or beside it (warning).
CREATE OR REPLACE FUNCTION followup.problems()
RETURNS TABLE (severity text, problem text) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF to_regprocedure('followup.adapter_problems()') IS NOT NULL THEN
    RETURN QUERY EXECUTE
      'SELECT p.severity, p.problem FROM followup.adapter_problems() p
       ORDER BY p.severity <> ''error'', p.problem';
  END IF;
END
$$;

-- Ask an adapter that has no triggers what has changed. The mark up to which it
-- has told us is kept in the transaction that notes the changes, so that none
-- is passed over when it fails. One worker asks at a time.
--
-- result: conversations that were noted; null: there is nothing to ask
CREATE OR REPLACE FUNCTION followup.poll() RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  p followup.polling;
  c record;
  n integer := 0;
BEGIN
  IF to_regprocedure('followup.changed_since(text)') IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT * INTO p FROM followup.polling FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  FOR c IN EXECUTE
    'SELECT tenant, conversation, mark FROM followup.changed_since($1)'
    USING p.mark
  LOOP
    p.mark := coalesce(c.mark, p.mark);
    IF c.conversation IS NOT NULL THEN
      PERFORM followup.touch(c.tenant, c.conversation);
      n := n + 1;
    END IF;
  END LOOP;
  UPDATE followup.polling SET mark = p.mark, polled_at = clock_timestamp();
  RETURN n;
END
$$;

-- The first of the names that is a time zone's; null: none is. Abbreviations
-- and offsets, which PostgreSQL takes as well, are no places.
CREATE OR REPLACE FUNCTION followup.first_timezone(VARIADIC names text[])
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY names LOOP
    CONTINUE WHEN name IS NULL
      OR name !~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$';
    BEGIN
      PERFORM timezone(name, 'epoch'::timestamptz);
      RETURN name;
    EXCEPTION WHEN invalid_parameter_value THEN
      NULL;
    END;
  END LOOP;
  RETURN NULL;
END
$$;
