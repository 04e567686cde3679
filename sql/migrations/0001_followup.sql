-- The truth: everything here; Redis can be rebuilt from it.
--
-- enrollment   one silence being worked by one schedule version
-- ledger       every decision, in order, and the outbox of messages in one:
--              a row whose status is not null is a message
-- change_log   conversations that may have changed, written by the CRM's own
--              transactions and by commands; read by snapshot difference
-- closing      conversations that a step has closed and the CRM has not yet
-- partition    a share of the enrollments: owner, fence and sequence in one row

CREATE SCHEMA IF NOT EXISTS followup;

CREATE TABLE followup.installation (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  tag text NOT NULL,
  partitions integer NOT NULL DEFAULT 1 CHECK (partitions BETWEEN 1 AND 64),
  enroll_since timestamptz NOT NULL,
  adapter text,
  adapter_digest text,
  functions_digest text
);
COMMENT ON COLUMN followup.installation.tag IS
  'tells message ids of this installation from those of others';
COMMENT ON COLUMN followup.installation.enroll_since IS
  'silences that began before it are enrolled by command only';
INSERT INTO followup.installation (tag, enroll_since)
VALUES (left(md5(random()::text || clock_timestamp()), 6), clock_timestamp());

CREATE TABLE followup.worker (
  id text PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

CREATE TABLE followup.partition (
  id integer PRIMARY KEY,
  owner text,
  epoch bigint NOT NULL DEFAULT 0,
  lease_until timestamptz,
  next_seq bigint NOT NULL DEFAULT 1,
  done_low bigint NOT NULL DEFAULT 1,
  captured pg_snapshot NOT NULL,
  forgotten timestamptz
) WITH (fillfactor = 50);
COMMENT ON COLUMN followup.partition.done_low IS
  'every message with a lower seq has left the queue';
COMMENT ON COLUMN followup.partition.captured IS
  'changes visible in this snapshot have been judged';
COMMENT ON COLUMN followup.partition.forgotten IS
  'of follow-ups that ended up to then the ledger may have no rows any more';
INSERT INTO followup.partition (id, captured) VALUES (0, pg_current_snapshot());

CREATE TABLE followup.schedule_version (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  digest text NOT NULL,
  definition text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  mode text GENERATED ALWAYS AS (
    coalesce(definition::jsonb->>'mode', 'live')) STORED,
  stop_when jsonb GENERATED ALWAYS AS (
    definition::jsonb->'stop_when') STORED,
  UNIQUE (name, digest)
);

CREATE SEQUENCE followup.enrollment_id CACHE 64;

CREATE TABLE followup.enrollment (
  partition integer NOT NULL REFERENCES followup.partition,
  id bigint NOT NULL DEFAULT nextval('followup.enrollment_id'),
  tenant text NOT NULL,
  conversation text NOT NULL,
  contact text,
  channel text NOT NULL,
  episode_at timestamptz NOT NULL,
  version bigint NOT NULL REFERENCES followup.schedule_version,
  outcome text,
  gen integer NOT NULL DEFAULT 0,
  step integer NOT NULL DEFAULT 1,
  last_step_at timestamptz,
  due_at timestamptz,
  waits_for text,
  manual_at timestamptz,
  force integer NOT NULL DEFAULT 0,
  paused_until timestamptz,
  not_before timestamptz,
  window_closed boolean NOT NULL DEFAULT false,
  last_seq bigint,
  last_out_seq bigint,
  enrolled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  address text,
  since_at timestamptz,
  PRIMARY KEY (partition, id),
  UNIQUE (conversation, tenant, partition, episode_at) -- what differs first
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX enrollment_contact ON followup.enrollment (tenant, contact)
  WHERE contact IS NOT NULL;
-- What these two depend on changes seldom: a step is still a HOT update.
CREATE INDEX enrollment_active ON followup.enrollment (partition, id)
  WHERE outcome IS NULL;
CREATE INDEX enrollment_held ON followup.enrollment (partition, id)
  WHERE waits_for = 'held' AND outcome IS NULL;
COMMENT ON COLUMN followup.enrollment.episode_at IS
  'last inbound message when the silence began; the epoch if there was none';
COMMENT ON COLUMN followup.enrollment.since_at IS
  'our answer that it began with; null where a person may have several';
COMMENT ON COLUMN followup.enrollment.outcome IS
  'null while it is active';
COMMENT ON COLUMN followup.enrollment.window_closed IS
  'a sender was told so: it stays closed until the customer writes';
COMMENT ON COLUMN followup.enrollment.last_seq IS
  'its newest row in the ledger; null when these are forgotten';
COMMENT ON COLUMN followup.enrollment.due_at IS
  'when the pending step is due; null: no timer, waits_for says why';

CREATE TABLE followup.ledger (
  partition integer NOT NULL,
  seq bigint NOT NULL,
  epoch bigint NOT NULL,
  enrollment bigint NOT NULL,
  gen integer NOT NULL,
  prev_seq bigint,
  at timestamptz NOT NULL,
  tenant text NOT NULL,
  conversation text NOT NULL,
  contact text,
  channel text,
  episode_at timestamptz NOT NULL,
  event text NOT NULL,
  reason text,
  outcome text,
  schedule text,
  step integer,
  kind text,
  due_at timestamptz,
  next_step integer,
  next_due_at timestamptz,
  trace text,
  next_trace text,
  actor text,
  note text,
  closes boolean NOT NULL DEFAULT false,
  withdrew bigint,
  message_id text,
  message text,
  status text,
  expires_at timestamptz,
  status_at timestamptz,
  left_at timestamptz,
  provider_id text,
  chosen text,
  error_class text,
  error text,
  PRIMARY KEY (partition, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX ledger_pending ON followup.ledger (partition, seq)
  WHERE status = 'pending';
COMMENT ON TABLE followup.ledger IS
  'what happened, in order; prev_seq leads to the row before of the same '
  'enrollment, enrollment.last_seq to the newest';

CREATE TABLE followup.change_log (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  partition integer NOT NULL,
  tenant text NOT NULL,
  conversation text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX change_log_xid ON followup.change_log
  (partition, xid, tenant, conversation);

-- How far an adapter without triggers has been asked for changes.
CREATE TABLE followup.polling (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  mark text,
  polled_at timestamptz
) WITH (fillfactor = 50);
INSERT INTO followup.polling DEFAULT VALUES;

-- How far new messages have been read, by their ids: all up to `head`, but for
-- those of `unread`: above `above`, up to `up_to`. Whoever may still commit them
-- has ended when the xmin of a snapshot has come to `ended`.
CREATE TABLE followup.reading (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  head bigint
) WITH (fillfactor = 50);
INSERT INTO followup.reading DEFAULT VALUES;
CREATE TABLE followup.unread (
  above bigint NOT NULL,
  up_to bigint NOT NULL CHECK (up_to > above),
  ended xid8 NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Conversations to close. The CRM's own locks and triggers may take their time:
-- each is closed in a transaction of its own that holds no lock of ours.
CREATE TABLE followup.closing (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  conversation text NOT NULL,
  episode_at timestamptz NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  try_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX closing_try ON followup.closing (try_at, id);

CREATE TABLE followup.command (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entry text NOT NULL UNIQUE,
  request_id text UNIQUE,
  partition integer,
  tenant text NOT NULL,
  conversation text,
  contact text,
  action text NOT NULL,
  at timestamptz,
  delay text,
  until timestamptz,
  force integer NOT NULL DEFAULT 0,
  schedule text,
  scope text,
  actor text,
  reason text,
  status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'done', 'refused')),
  answer text,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  answered_at timestamptz
);
CREATE INDEX command_pending ON followup.command
  (partition, tenant, conversation, seq) WHERE status = 'pending';

-- Commands for all of a schedule or a tenant, and how far each has come.
CREATE TABLE followup.fan_out (
  command bigint PRIMARY KEY REFERENCES followup.command,
  partition integer NOT NULL DEFAULT 0,
  enrollment bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE followup.suppression (
  tenant text NOT NULL,
  contact text NOT NULL,
  channel text NOT NULL DEFAULT '*',
  source text NOT NULL,
  actor text,
  reason text,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lifted_at timestamptz,
  lifted_by text,
  PRIMARY KEY (tenant, contact, channel)
);

CREATE TABLE followup.hold (
  scope text NOT NULL CHECK (scope IN ('service', 'tenant', 'schedule')),
  name text NOT NULL DEFAULT '',
  actor text,
  reason text,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (scope, name)
);

-- To the planner a partition alone tells nothing, however many there are: a row
-- is found by its id in it.
ALTER TABLE followup.enrollment ALTER partition SET (n_distinct = 1);
ALTER TABLE followup.ledger ALTER partition SET (n_distinct = 1);
ALTER TABLE followup.change_log ALTER partition SET (n_distinct = 1);

-- It grows fastest, and its wide rows are looked up by key: a small sample does.
DO $$
DECLARE
  name name;
BEGIN
  FOR name IN SELECT a.attname FROM pg_attribute a
    WHERE a.attrelid = 'followup.ledger'::regclass AND a.attnum > 0
  LOOP
    EXECUTE format('ALTER TABLE followup.ledger ALTER %I SET STATISTICS 5', name);
  END LOOP;
END
$$;

-- Placeholders until an adapter is installed: no conversation is known.
CREATE FUNCTION followup.conversation_facts(
  tenants text[], conversations text[])
RETURNS TABLE (
  tenant_id text, conversation_id text, contact_id text, channel text,
  address text, status text, owner text, intent text, stage text, locale text,
  timezones text[], last_inbound_at timestamptz, last_answer_at timestamptz,
  last_human_at timestamptz, last_ours_at timestamptz,
  window_ends_at timestamptz, opted_out boolean, tenant_active boolean,
  attributes jsonb)
LANGUAGE sql STABLE AS $$
  SELECT NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
         NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
         NULL::text[], NULL::timestamptz, NULL::timestamptz,
         NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,
         NULL::boolean, NULL::boolean, NULL::jsonb
  WHERE false
$$;

CREATE FUNCTION followup.conversations_since(since timestamptz)
RETURNS TABLE (tenant_id text, conversation_id text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RAISE EXCEPTION 'the adapter has no function conversations_since()'
    USING ERRCODE = 'feature_not_supported';
END
$$;

CREATE FUNCTION followup.close_conversation(tenant text, conversation text)
RETURNS void LANGUAGE sql AS $$ SELECT $$;

-- What the worker decided about one conversation. No inbound message is the
-- beginning of 1970.
CREATE TYPE followup.decision AS (
  ord integer, id bigint, gen integer, tenant text, conversation text,
  contact text, channel text, episode_at timestamptz, version bigint,
  schedule text, event text, reason text, outcome text, step integer,
  kind text, due_at timestamptz, next_step integer, last_step_at timestamptz,
  next_due_at timestamptz, waits_for text, manual_at timestamptz,
  force integer, paused_until timestamptz, not_before timestamptz, trace text,
  next_trace text, actor text, note text, closes boolean, withdraw boolean,
  message_id text, message text, status text, expires_at timestamptz,
  cap_max integer, cap_per_s bigint, command bigint, command_status text,
  answer text, address text, since_at timestamptz, suppress text,
  suppress_at timestamptz, out_waits boolean, out_left_at timestamptz
);

-- What became of one, beside it.
CREATE TYPE followup.applied AS (
  nth integer, result text, enrollment bigint, is_new boolean, seq bigint,
  prev_seq bigint, out_seq bigint, step_at timestamptz, took bigint,
  took_channel text
);
