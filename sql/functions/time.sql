-- Instants as numbers and back. They depend on nothing, but what they are made of
-- is stable by its declaration: only so they become part of the statements that
-- use them, and cost next to nothing.

CREATE OR REPLACE FUNCTION followup.us(at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN at = 'infinity' THEN 9223372036854775807
              ELSE (extract(epoch FROM at) * 1000000)::bigint END
$$;
COMMENT ON FUNCTION followup.us IS
  'microseconds since 1970; infinity is the largest';

CREATE OR REPLACE FUNCTION followup.at(us bigint) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN us = 9223372036854775807 THEN 'infinity'::timestamptz
              ELSE 'epoch'::timestamptz + us * interval '1 microsecond' END
$$;

CREATE OR REPLACE FUNCTION followup.due_ms(at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN at IS NULL OR at = 'infinity' THEN NULL
              ELSE ceil(extract(epoch FROM at) * 1000)::bigint END
$$;
COMMENT ON FUNCTION followup.due_ms IS
  'the score of a timer: never before the instant';
