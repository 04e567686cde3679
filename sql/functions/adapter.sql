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

-- What the adapter knows of conversations. Its query becomes part of the one here,
-- whose plan a session keeps: asked by another with anything but parameters, it
-- would be planned anew each time.
CREATE OR REPLACE FUNCTION followup.facts_of(
  tenants text[], conversations text[])
RETURNS TABLE (
  tenant_id text, conversation_id text, contact_id text, channel text,
  address text, status text, owner text, intent text, stage text, locale text,
  timezones text[], last_inbound_at timestamptz, last_answer_at timestamptz,
  last_human_at timestamptz, last_ours_at timestamptz,
  window_ends_at timestamptz, opted_out boolean, tenant_active boolean,
  attributes jsonb)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT * FROM followup.conversation_facts(tenants, conversations);
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

-- --- for adapters to use ------------------------------------------------------

-- The columns that an adapter reads: a table and its columns, with spaces
-- between, in each text.
CREATE OR REPLACE FUNCTION followup.columns_of(wanted text[])
RETURNS TABLE (tab text, col text) LANGUAGE sql IMMUTABLE AS $$
  SELECT w[1], c
  FROM (SELECT regexp_split_to_array(btrim(u), '\s+') FROM unnest(wanted) u)
    x(w), unnest(w[2:]) c
$$;

-- What of them is missing, or may not be read; null: nothing.
CREATE OR REPLACE FUNCTION followup.columns_problem(wanted text[])
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  lacks text;
BEGIN
  SELECT string_agg(DISTINCT CASE WHEN to_regclass(tab) IS NULL
      THEN 'table ' || tab ELSE tab || '.' || col END, ', ') INTO lacks
  FROM followup.columns_of(wanted)
  WHERE NOT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = to_regclass(tab) AND a.attname = col AND a.attnum > 0
      AND NOT a.attisdropped);
  IF lacks IS NOT NULL THEN
    RETURN 'the CRM''s schema lacks ' || lacks;
  END IF;
  SELECT string_agg(tab || '.' || col, ', ') INTO lacks
  FROM followup.columns_of(wanted)
  WHERE NOT has_column_privilege(tab, col, 'SELECT');
  RETURN current_user || ' may not read ' || lacks;
END
$$;

-- Let a worker's role read them.
CREATE OR REPLACE FUNCTION followup.grant_columns(wanted text[], role name)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT tab, string_agg(quote_ident(col), ', ') AS cols
    FROM followup.columns_of(wanted) GROUP BY tab
  LOOP
    EXECUTE format('GRANT SELECT (%s) ON %s TO %I', t.cols,
                   t.tab::regclass, role);
  END LOOP;
END
$$;

-- Make the trigger followup_changed where it is not: one that is there needs no
-- lock on the table.
CREATE OR REPLACE FUNCTION followup.make_trigger(
  tab text, events text, calls text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = to_regclass(tab)
                   AND g.tgname = 'followup_changed') THEN
    EXECUTE format('CREATE TRIGGER followup_changed AFTER %s ON %s '
      'FOR EACH ROW EXECUTE FUNCTION followup.%I()', events, tab::regclass, calls);
  END IF;
END
$$;

-- Which of the tables have no such trigger, or have it disabled; null: none.
CREATE OR REPLACE FUNCTION followup.triggers_problem(tabs text[])
RETURNS text LANGUAGE sql STABLE AS $$
  SELECT 'triggers are missing on ' || string_agg(t, ', ')
    || ': followup migrate --adapter makes them'
  FROM unnest(tabs) t
  WHERE NOT EXISTS (
    SELECT FROM pg_trigger g WHERE g.tgrelid = to_regclass(t)
      AND g.tgname = 'followup_changed' AND g.tgenabled IN ('O', 'A'))
$$;
