-- A script: what the statements check_adapter_*.sql call, in this session only.

CREATE TEMP TABLE known_function AS
SELECT oid AS id, xmin AS version FROM pg_proc;
CREATE TEMP TABLE known_table AS
SELECT oid AS id FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f');

-- Tables that were there before and cannot be written to until we are done.
CREATE TEMP VIEW locked AS
SELECT l.relation::regclass AS tab
FROM pg_locks l
JOIN pg_temp.known_table k ON k.id = l.relation
JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.granted AND l.locktype = 'relation'
  AND l.database = (SELECT oid FROM pg_database
                    WHERE datname = current_database())
  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                 'AccessExclusiveLock')
  AND c.relnamespace NOT IN ('pg_catalog'::regnamespace,
                             'followup'::regnamespace);

CREATE TEMP TABLE wanted (
  n bigint, tenant text, conversation text,
  asked boolean NOT NULL DEFAULT false);
CREATE INDEX ON pg_temp.wanted (n);

CREATE TEMP TABLE fact (
  tenant_id text, conversation_id text, contact_id text, channel text,
  address text, status text, owner text, intent text, stage text, locale text,
  timezones text[], last_inbound_at timestamptz, last_answer_at timestamptz,
  last_human_at timestamptz, last_ours_at timestamptz,
  window_ends_at timestamptz, opted_out boolean, tenant_active boolean,
  attributes jsonb);

-- --- shape ------------------------------------------------------------------

CREATE TEMP TABLE contract (
  called text, needed boolean, args text, names text[], result text);
INSERT INTO pg_temp.contract
SELECT 'conversation_facts', true, 'text[],text[]',
  '{tenants,conversations}',
  string_agg(a.attname || ' ' || format_type(a.atttypid, NULL), ', '
             ORDER BY a.attnum)
FROM pg_attribute a
WHERE a.attrelid = 'pg_temp.fact'::regclass AND a.attnum > 0;
INSERT INTO pg_temp.contract VALUES
  ('close_conversation', true, 'text,text', '{tenant,conversation}', NULL),
  ('changed_since', false, 'text', NULL,
   'tenant text, conversation text, mark text'),
  ('new_messages', false, 'bigint,bigint', '{above,up_to}',
   'id bigint, tenant text, conversation text'),
  ('conversations_since', false, 'timestamp with time zone', NULL,
   'tenant_id text, conversation_id text'),
  ('adapter_problems', false, '', NULL, 'severity text, problem text'),
  ('grant_adapter', false, 'name', NULL, NULL);

-- The columns that a function returns, in order; none where it returns void.
CREATE FUNCTION pg_temp.columns_of(f pg_proc)
RETURNS TABLE (n bigint, col text) LANGUAGE sql STABLE AS $$
  SELECT row_number() OVER (ORDER BY u.i),
    f.proargnames[u.i] || ' ' || format_type(u.type, NULL)
  FROM unnest(f.proallargtypes) WITH ORDINALITY u(type, i)
  WHERE f.proargmodes[u.i] IN ('t', 'o')
$$;

CREATE FUNCTION pg_temp.args_of(f pg_proc) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT coalesce(string_agg(format_type(u.type, NULL), ',' ORDER BY u.i), '')
  FROM unnest(f.proargtypes::oid[]) WITH ORDINALITY u(type, i)
$$;

CREATE FUNCTION pg_temp.named(f pg_proc) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT f.proname || '(' || replace(pg_temp.args_of(f), ',', ', ') || ')'
$$;

CREATE FUNCTION pg_temp.shape_problems()
RETURNS TABLE (severity text, problem text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  c record;
  p pg_proc;
BEGIN
  severity := 'error';
  FOR c IN SELECT * FROM pg_temp.contract LOOP
    IF c.needed AND to_regprocedure(format('followup.%I(%s)', c.called, c.args))
       IS NULL THEN
      problem := format('there is no followup.%s(%s)', c.called,
                        replace(c.args, ',', ', '));
      RETURN NEXT;
    END IF;
    FOR p IN
      SELECT * FROM pg_proc x WHERE x.proname = c.called
        AND x.pronamespace = 'followup'::regnamespace
    LOOP
      IF pg_temp.args_of(p) <> c.args THEN
        problem := format('%s is never called: its parameters are to be (%s)',
                          pg_temp.named(p), replace(c.args, ',', ', '));
        RETURN NEXT;
        CONTINUE;
      END IF;
      IF c.names IS DISTINCT FROM p.proargnames[1:cardinality(c.names)] THEN
        problem := format('%s: its parameters are to be named %s',
          pg_temp.named(p), array_to_string(c.names, ', '));
        RETURN NEXT;
      END IF;
      RETURN QUERY
      SELECT 'error', format('%s: column %s is %s, and is to be %s',
        pg_temp.named(p), n, coalesce(g.col, 'missing'),
        coalesce(w.col, 'left out'))
      FROM (SELECT u.n, btrim(u.col) AS col
            FROM string_to_table(c.result, ',') WITH ORDINALITY u(col, n)) w
      FULL JOIN pg_temp.columns_of(p) g USING (n)
      WHERE w.col IS DISTINCT FROM g.col ORDER BY n;
      IF (c.result IS NULL) <> (p.prorettype = 'void'::regtype) THEN
        problem := format('%s is to return %s', pg_temp.named(p),
          coalesce('TABLE (' || c.result || ')', 'void'));
        RETURN NEXT;
      END IF;
      IF c.called = 'conversation_facts' AND p.provolatile = 'v' THEN
        RETURN QUERY SELECT 'warning', pg_temp.named(p)
          || ' is VOLATILE: it is to be STABLE, and to write nothing';
      END IF;
    END LOOP;
  END LOOP;
END
$$;

-- --- change capture ---------------------------------------------------------

CREATE FUNCTION pg_temp.capture_problems()
RETURNS TABLE (severity text, problem text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  names text;
BEGIN
  IF NOT EXISTS (
      SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
      WHERE p.pronamespace = 'followup'::regnamespace AND NOT g.tgisinternal
        AND g.tgenabled IN ('O', 'A'))
    AND to_regprocedure('followup.changed_since(text)') IS NULL
    AND to_regprocedure('followup.new_messages(bigint, bigint)') IS NULL THEN
    RETURN QUERY SELECT 'warning', 'there are neither triggers nor '
      'changed_since() nor new_messages(): a reply is noticed only when the '
      'next step falls due';
  END IF;
  SELECT string_agg(DISTINCT p.proname, ', ') INTO names
  FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
  WHERE p.pronamespace = 'followup'::regnamespace
    -- Who names each operator in full can do without one.
    AND (NOT p.prosecdef
         OR (coalesce(p.proconfig::text, '') !~ 'search_path'
             AND p.prosrc !~ 'OPERATOR\(pg_catalog\.'));
  RETURN QUERY SELECT 'warning', 'not SECURITY DEFINER with a search_path of '
    'its own: the CRM''s role needs rights in the schema followup, or may lend '
    'itself ours: ' || names
  WHERE names IS NOT NULL;
  IF to_regprocedure('followup.grant_adapter(name)') IS NULL THEN
    RETURN QUERY SELECT 'warning', 'there is no grant_adapter(): a worker '
      'whose role does not own the schema cannot read the CRM';
  END IF;
  SELECT string_agg(DISTINCT tab::text, ', ') INTO names FROM pg_temp.locked;
  IF names IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT 'note', 'installing it locks, for a moment, ' || names
    || ': whoever writes there waits';
  SELECT string_agg(c.oid::regclass::text, ', ') INTO names FROM pg_class c
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND c.relnamespace <> pg_my_temp_schema()
    AND NOT EXISTS (SELECT FROM pg_temp.known_table k WHERE k.id = c.oid)
    AND NOT EXISTS (SELECT FROM pg_namespace n
                    WHERE n.oid = c.relnamespace AND n.nspname ~ '^pg_');
  RETURN QUERY SELECT 'note', 'it makes ' || names || ', which were not there '
    'when facts were asked for' WHERE names IS NOT NULL;
END
$$;

-- The functions that each adapter has to make; renamed, for what others have
-- made may depend on them.
CREATE FUNCTION pg_temp.set_aside() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  ALTER FUNCTION followup.conversation_facts(text[], text[])
    RENAME TO conversation_facts_before;
  ALTER FUNCTION followup.close_conversation(text, text)
    RENAME TO close_conversation_before;
END
$$;

CREATE FUNCTION pg_temp.remake(functions text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL check_function_bodies = off;
  EXECUTE functions;
END
$$;

-- --- asking -----------------------------------------------------------------

CREATE FUNCTION pg_temp.choose_wanted(lines text, most integer,
  OUT n bigint, OUT severity text, OUT problem text)
LANGUAGE plpgsql AS $$
BEGIN
  IF lines IS NOT NULL THEN
    INSERT INTO pg_temp.wanted
    SELECT row_number() OVER (ORDER BY i),
      coalesce(substring(key, '^([^/]*)/'), 'default'),
      regexp_replace(key, '^[^/]*/', '')
    FROM (SELECT btrim(l, E' \t\r') AS key, i
          FROM string_to_table(lines, E'\n') WITH ORDINALITY u(l, i)) x
    WHERE key <> '' LIMIT most;
  ELSIF to_regprocedure('followup.conversations_since(timestamptz)') IS NULL
  THEN
    severity := 'warning';
    problem := 'there is no conversations_since(): enroll --since cannot be '
      'used, and here conversations are to be named with --conversations';
  ELSE
    BEGIN
      FOR i IN 0..1 LOOP
        INSERT INTO pg_temp.wanted
        SELECT row_number() OVER (), c.tenant_id, c.conversation_id
        FROM followup.conversations_since(
          CASE i WHEN 0 THEN now() - interval '30 days' ELSE 'epoch' END) c
        LIMIT most;
        EXIT WHEN FOUND;
      END LOOP;
    EXCEPTION WHEN OTHERS THEN
      severity := 'error';
      problem := format('conversations_since() fails: %s: %s',
                        SQLSTATE, SQLERRM);
    END;
  END IF;
  PERFORM set_config('statement_timeout', '30s', true);
  SELECT count(*) INTO n FROM pg_temp.wanted;
  IF n = 0 AND problem IS NULL THEN
    severity := 'warning';
    problem := 'there is no conversation to ask about';
  END IF;
END
$$;

-- How many rows; or how it failed.
CREATE FUNCTION pg_temp.try(tenants text[], conversations text[],
  OUT came bigint, OUT failed text)
LANGUAGE plpgsql AS $$
BEGIN
  SELECT count(f.*) INTO came
  FROM followup.conversation_facts(tenants, conversations) f;
EXCEPTION WHEN OTHERS THEN
  failed := SQLSTATE || ': ' || SQLERRM;
END
$$;

CREATE FUNCTION pg_temp.ask_batch(number integer, size integer,
  OUT asked bigint, OUT came bigint, OUT ms double precision, OUT problem text)
LANGUAGE plpgsql AS $$
DECLARE
  t text[];
  c text[];
  begun timestamptz;
BEGIN
  SELECT array_agg(w.tenant ORDER BY w.n),
    array_agg(w.conversation ORDER BY w.n), count(*) INTO t, c, asked
  FROM pg_temp.wanted w
  WHERE w.n > number::bigint * size AND w.n <= (number + 1)::bigint * size;
  begun := clock_timestamp();
  BEGIN
    INSERT INTO pg_temp.fact
    SELECT f.* FROM followup.conversation_facts(t, c) f;
    GET DIAGNOSTICS came = ROW_COUNT;
    ms := extract(epoch FROM clock_timestamp() - begun) * 1000;
    UPDATE pg_temp.wanted w SET asked = true
    WHERE w.n > number::bigint * size AND w.n <= (number + 1)::bigint * size;
  EXCEPTION WHEN OTHERS THEN
    problem := format('conversation_facts() fails: %s: %s', SQLSTATE, SQLERRM);
    SELECT format('conversation_facts() fails for %s/%s: %s', a.t, a.c,
                  r.failed) INTO problem
    FROM unnest(t, c) WITH ORDINALITY a(t, c, i),
      LATERAL pg_temp.try(ARRAY[a.t], ARRAY[a.c]) r
    WHERE r.failed IS NOT NULL ORDER BY a.i LIMIT 1;
    problem := coalesce(problem, 'conversation_facts() fails for a batch');
  END;
END
$$;

-- Keys that are none, or come in ways that are allowed.
CREATE FUNCTION pg_temp.key_problems()
RETURNS TABLE (severity text, problem text) LANGUAGE plpgsql AS $$
DECLARE
  t text;
  c text;
  k record;
  r record;
  said text;
  begun timestamptz;
BEGIN
  IF to_regprocedure('followup.conversation_facts(text[],text[])') IS NULL THEN
    RETURN;
  END IF;
  SELECT f.tenant_id, f.conversation_id INTO t, c FROM pg_temp.fact f
  WHERE f.tenant_id IS NOT NULL AND f.conversation_id IS NOT NULL LIMIT 1;
  t := coalesce(t, 'default');
  severity := 'error';
  FOR k IN
    SELECT ARRAY[t] AS t, ARRAY[u] AS c, format('the key %L', u) AS what,
      0 AS most
    FROM unnest('{"no such conversation","",0,-1,99999999999999999999,
      00000000-0000-0000-0000-000000000000,"''\";"}'::text[]) u
    UNION ALL SELECT '{}', '{}', 'no keys', 0
    UNION ALL SELECT ARRAY[NULL], ARRAY[c], 'a null tenant', 0
    UNION ALL SELECT ARRAY[t], ARRAY[NULL], 'a null conversation', 0
    UNION ALL SELECT ARRAY[t, t], ARRAY[c, c], 'a key that is there twice', 2
    WHERE c IS NOT NULL
    UNION ALL SELECT ARRAY[u], ARRAY[c],
      'a tenant that the conversation is not of', 0
    FROM unnest(ARRAY[t || '0', 'no such tenant', '']) u WHERE c IS NOT NULL
  LOOP
    r := pg_temp.try(k.t, k.c);
    IF r.failed IS NOT NULL THEN
      CONTINUE WHEN r.failed = said;
      said := r.failed;
      problem := format('conversation_facts() fails for %s: %s', k.what,
                        r.failed);
      RETURN NEXT;
    ELSIF r.came > k.most THEN
      problem := format('conversation_facts() returns %s rows for %s', r.came,
                        k.what);
      RETURN NEXT;
    END IF;
  END LOOP;
  IF c IS NULL THEN
    RETURN;
  END IF;
  begun := clock_timestamp();
  FOR i IN 1..10 LOOP
    r := pg_temp.try(ARRAY[t], ARRAY[c]);
  END LOOP;
  RETURN QUERY SELECT CASE WHEN ms > 20 THEN 'warning' ELSE 'note' END,
    format('one conversation alone, as a permit asks, takes %s ms',
           round(ms::numeric, 1))
  FROM (SELECT extract(epoch FROM clock_timestamp() - begun) * 100 AS ms) x;
END
$$;

-- What an adapter without triggers answers when it is first asked.
CREATE FUNCTION pg_temp.change_problems()
RETURNS TABLE (severity text, problem text) LANGUAGE plpgsql AS $$
DECLARE
  marks bigint;
BEGIN
  IF to_regprocedure('followup.changed_since(text)') IS NULL THEN
    RETURN;
  END IF;
  SELECT count(c.mark) INTO marks FROM followup.changed_since(NULL) c;
  RETURN QUERY SELECT 'error', 'changed_since(null) gives no mark, so that it '
    'is asked the same for ever' WHERE marks = 0;
EXCEPTION
  WHEN undefined_table THEN
    RETURN QUERY SELECT 'note', 'changed_since() was not asked: ' || SQLERRM;
  WHEN OTHERS THEN
    RETURN QUERY SELECT 'error',
      format('changed_since(null) fails: %s: %s', SQLSTATE, SQLERRM);
END
$$;

-- What an adapter says of its newest messages, by their ids.
CREATE FUNCTION pg_temp.message_problems()
RETURNS TABLE (severity text, problem text) LANGUAGE plpgsql AS $$
DECLARE
  newest bigint;
  begun timestamptz;
BEGIN
  IF to_regprocedure('followup.new_messages(bigint, bigint)') IS NULL THEN
    RETURN;
  END IF;
  newest := followup.newest_id();
  RETURN QUERY SELECT 'error', format('new_messages(%s, %s) gives ids that are '
    'not in between, or not in order', newest - 100, newest - 1)
  FROM (SELECT x.id, lag(x.id, 1, newest - 100) OVER () AS before
        FROM followup.new_messages(newest - 100, newest - 1) x) m
  HAVING NOT bool_and(coalesce(m.id > m.before AND m.id < newest, false));
  begun := clock_timestamp();
  PERFORM FROM followup.new_messages(newest, followup.last_id());
  RETURN QUERY SELECT 'warning',
    format('new_messages() takes %s ms to find that there are none: it is asked '
           'every 25 ms', round(ms::numeric, 1))
  FROM (SELECT extract(epoch FROM clock_timestamp() - begun) * 1000 AS ms) x
  WHERE ms > 5;
EXCEPTION
  WHEN undefined_table THEN
    RETURN QUERY SELECT 'note', 'new_messages() was not asked: ' || SQLERRM;
  WHEN OTHERS THEN
    RETURN QUERY SELECT 'error',
      format('new_messages() fails: %s: %s', SQLSTATE, SQLERRM);
END
$$;

-- Each of the problems, with how many have it and the first of them.
CREATE FUNCTION pg_temp.fact_problems()
RETURNS TABLE (severity text, problem text) LANGUAGE sql AS $$
  WITH f AS MATERIALIZED (
    SELECT f.*, concat_ws('/', f.tenant_id, f.conversation_id) AS key
    FROM pg_temp.fact f
  ), instant AS (
    SELECT key, u.col, u.at FROM f, LATERAL (VALUES
      ('last_inbound_at', last_inbound_at), ('last_answer_at', last_answer_at),
      ('last_human_at', last_human_at),
      ('last_ours_at', last_ours_at)) u(col, at)
  ), zone AS (
    SELECT key, z FROM f, unnest(timezones) z
  ), bad_zone AS MATERIALIZED (
    SELECT z FROM (SELECT DISTINCT z FROM zone) d
    WHERE followup.first_timezone(z) IS NULL
  ), came AS MATERIALIZED (
    SELECT key, count(*) AS n,
      bool_or(tenant_id IS NULL OR conversation_id IS NULL) AS is_none
    FROM f GROUP BY key
  ), asked AS MATERIALIZED (
    SELECT concat_ws('/', w.tenant, w.conversation) AS key, count(*) AS n
    FROM pg_temp.wanted w WHERE w.asked GROUP BY 1
  ), found(severity, problem, key) AS (
    SELECT 'error', 'tenant_id or conversation_id is null', key FROM f
    WHERE tenant_id IS NULL OR conversation_id IS NULL
    UNION ALL
    SELECT 'error', 'came without having been asked for', key
    FROM came LEFT JOIN asked a USING (key)
    WHERE a.n IS NULL AND NOT came.is_none
    UNION ALL
    SELECT 'error', 'came more than once', key
    FROM came JOIN asked a USING (key) WHERE came.n > a.n
    UNION ALL
    SELECT 'warning', 'named, but without facts', key
    FROM asked LEFT JOIN came c USING (key) WHERE c.n IS NULL
    UNION ALL
    SELECT 'error', 'channel is null', key FROM f WHERE channel IS NULL
    UNION ALL
    SELECT 'warning', format('channel "%s" is none that followup knows',
      left(channel, 40)), key
    FROM f WHERE channel NOT IN ('whatsapp', 'instagram', 'telegram',
      'messenger', 'webchat', 'sms', 'email', 'api')
    UNION ALL
    SELECT 'warning', format('status %s: nothing is sent',
      coalesce('"' || left(status, 40) || '"', 'null')), key
    FROM f WHERE coalesce(status, '') NOT IN ('open', 'closed', 'snoozed')
    UNION ALL
    SELECT 'warning', format('owner %s is taken for nobody',
      coalesce('"' || left(owner, 40) || '"', 'null')), key
    FROM f WHERE coalesce(owner, '') NOT IN ('bot', 'human', 'nobody')
    UNION ALL
    SELECT 'warning', 'contact_id is null: an opt-out cannot be kept', key
    FROM f WHERE contact_id IS NULL
    UNION ALL
    SELECT 'warning', 'without an address: a message waits (no_address)', key
    FROM f WHERE coalesce(address, '') = ''
    UNION ALL
    SELECT 'error', col || ' is in the future', key FROM instant
    WHERE at > clock_timestamp() + interval '1 minute'
    UNION ALL
    SELECT 'error', col || ' is infinite', key FROM instant
    WHERE at = '-infinity'
    UNION ALL
    SELECT 'warning', 'last_human_at is newer than last_answer_at', key FROM f
    WHERE last_human_at > last_answer_at
      OR last_human_at IS NOT NULL AND last_answer_at IS NULL
    UNION ALL
    SELECT 'warning', 'last_answer_at is last_ours_at: is our own message '
      'taken for an answer?', key FROM f WHERE last_answer_at = last_ours_at
    UNION ALL
    SELECT 'warning', format('timezones: %s is no zone',
      coalesce('"' || left(z, 40) || '"', 'null')), key
    FROM zone WHERE z IS NULL OR z IN (SELECT z FROM bad_zone)
    UNION ALL
    SELECT 'warning', 'timezones: more than eight', key FROM f
    WHERE cardinality(timezones) > 8
    UNION ALL
    SELECT 'error', 'attributes is no object', key FROM f
    WHERE jsonb_typeof(attributes) <> 'object'
    UNION ALL
    SELECT 'warning', 'attributes: more than 64 KB, passed over', key FROM f
    WHERE octet_length(attributes::text) > 65536
    UNION ALL
    SELECT 'warning', format('attributes: %s is for the worker alone',
      left(k, 40)), key
    FROM f, LATERAL jsonb_object_keys(CASE jsonb_typeof(attributes)
      WHEN 'object' THEN attributes ELSE '{}' END) k
    WHERE k LIKE '\_%' AND k <> '_last_text'
    UNION ALL
    SELECT 'warning', '_last_text: more than 200 characters', key FROM f
    WHERE length(attributes ->> '_last_text') > 200
    UNION ALL
    SELECT 'warning', '_last_text is missing: words for stop are not seen',
      min(key)
    FROM f WHERE last_inbound_at IS NOT NULL
    HAVING count(*) > 0 AND count(attributes ->> '_last_text') = 0
    UNION ALL
    SELECT 'warning', 'last_answer_at is null throughout: nobody is written to',
      min(key)
    FROM f HAVING count(*) > 0 AND count(last_answer_at) = 0
  )
  SELECT severity, problem || format(': %s, as %s', count(*), min(key))
  FROM found GROUP BY severity, problem
$$;
