-- A schema in front of pg_catalog, as any role may have one: operators and
-- functions that say so when they are called, and a type.
CREATE SCHEMA astray;
CREATE DOMAIN astray.text AS pg_catalog.int4;
DO $$
DECLARE
  f record;
BEGIN
  FOR f IN
    SELECT format('astray.%I(%s)', p.proname,
             pg_get_function_identity_arguments(p.oid)) AS named,
           p.prorettype::regtype AS result, NULL AS operator
    FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
      AND p.proname IN ('abs', 'clock_timestamp', 'hashtext',
                        'hashtextextended', 'pg_current_xact_id')
    UNION ALL
    SELECT format('astray.op%s(%s, %s)', o.oid, o.oprleft::regtype,
                  o.oprright::regtype), o.oprresult::regtype,
      format('CREATE OPERATOR astray.%s (LEFTARG = %s, RIGHTARG = %s, '
        'FUNCTION = astray.op%s)', o.oprname, o.oprleft::regtype,
        o.oprright::regtype, o.oid)
    FROM pg_operator o
    WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprkind = 'b'
      AND o.oprleft::regtype IN ('bool', 'int4', 'int8', 'text', 'timestamptz')
      AND o.oprright::regtype IN ('bool', 'int4', 'int8', 'text', 'timestamptz')
  LOOP
    EXECUTE format('CREATE FUNCTION %s RETURNS %s LANGUAGE plpgsql AS '
      '''BEGIN RAISE EXCEPTION ''''led astray''''; END''', f.named, f.result);
    IF f.operator IS NOT NULL THEN
      EXECUTE f.operator;
    END IF;
  END LOOP;
END
$$;
GRANT USAGE ON SCHEMA astray TO PUBLIC;
