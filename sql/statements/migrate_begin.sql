-- A script: one migration at a time in this database, and the functions, of
-- this session only, that migrate.sql and migrate_ahead.sql call.
SELECT pg_advisory_lock(hashtextextended('followup.migrate', 0));

CREATE OR REPLACE FUNCTION pg_temp.digest(body text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT encode(sha256(convert_to(body, 'UTF8')), 'hex')
$$;

-- done | present | differs | missing (a dry run)
CREATE OR REPLACE FUNCTION pg_temp.migrate(
  wanted integer, called text, body text, dry boolean)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  known text;
BEGIN
  IF to_regclass('followup.migration') IS NOT NULL THEN
    SELECT m.digest INTO known FROM followup.migration m
    WHERE m.version = wanted;
  END IF;
  IF known IS NOT NULL THEN
    RETURN CASE WHEN known = pg_temp.digest(body) THEN 'present'
                ELSE 'differs' END;
  ELSIF dry THEN
    RETURN 'missing';
  END IF;
  CREATE SCHEMA IF NOT EXISTS followup;
  CREATE TABLE IF NOT EXISTS followup.migration (
    version integer PRIMARY KEY,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  EXECUTE body;
  INSERT INTO followup.migration (version, name, digest)
  VALUES (wanted, called, pg_temp.digest(body));
  RETURN 'done';
END
$$;

-- The newest migration that this database has and the program does not.
CREATE OR REPLACE FUNCTION pg_temp.migrate_ahead(newest integer)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass('followup.migration') IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT m.name FROM followup.migration m
          WHERE m.version > newest ORDER BY m.version DESC LIMIT 1);
END
$$;

-- The functions of the program, all in one; done | present | missing (a dry
-- run). They call each other and the adapter's, in whatever order.
CREATE OR REPLACE FUNCTION pg_temp.functions(body text, dry boolean)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  known text;
BEGIN
  IF to_regclass('followup.installation') IS NULL THEN
    RETURN 'missing';
  END IF;
  SELECT i.functions_digest INTO known FROM followup.installation i;
  IF known = pg_temp.digest(body) THEN
    RETURN 'present';
  ELSIF dry THEN
    RETURN 'missing';
  END IF;
  SET LOCAL check_function_bodies = off;
  EXECUTE body;
  UPDATE followup.installation SET functions_digest = pg_temp.digest(body);
  RETURN 'done';
END
$$;

-- What is installed; no row before the first migration.
CREATE OR REPLACE FUNCTION pg_temp.installed()
RETURNS TABLE (adapter text, digest text, partitions integer)
LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass('followup.installation') IS NOT NULL THEN
    RETURN QUERY SELECT i.adapter, i.adapter_digest, i.partitions
    FROM followup.installation i;
  END IF;
END
$$;
