#!/usr/bin/env bash
# How fast it is beside a Chatwoot of 40,000 conversations and 1,200,000
# messages. Makes the database, which takes a minute or two, and prints
#
#   facts     the facts of 500 conversations, in ms: best and median of 20
#   row       a row of messages inserted at 1,000 a second, in ms, without us; and
#             with our triggers while the rows are read and noted every 25 ms; and
#             what that costs: the quickest tenth, which a machine that is busy
#             otherwise slows down least, and the median. In turns, by lot.
#   message   the same for all that Chatwoot writes with such a row
#   capture   how long until the last of those was judged, in ms
#   enroll    20,000 silences, all at once, in s
#
#   FUP_DURABLE=1 scripts/with-servers tests/bench/chatwoot.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:-build/release/worker/app/followup}
[ -x "$program" ] || {
  echo "chatwoot.sh: no program $program" >&2
  exit 2
}
conversations=${CONVERSATIONS:-40000}
each=${MESSAGES_EACH:-30}
work=$(mktemp -d)
worker=
trap '[ -z "$worker" ] || kill "$worker"; rm -rf "$work"' EXIT

psql=("$FUP_TEST_PG_BINDIR/psql" -XqAt -v ON_ERROR_STOP=1)
"${psql[@]}" "$FUP_TEST_POSTGRES" -c 'CREATE DATABASE chatwoot'
export FOLLOWUP_POSTGRES="$FUP_TEST_POSTGRES dbname=chatwoot"
export FOLLOWUP_REDIS=$FUP_TEST_REDIS FOLLOWUP_SCHEDULES=$work/schedules
sql() { "${psql[@]}" "$FOLLOWUP_POSTGRES" "$@"; }

sql -v later=1 -f tests/integration/chatwoot/schema.sql
sql -v conversations="$conversations" -v each="$each" <<'SQL'
INSERT INTO accounts (id, name, custom_attributes)
VALUES (1, 'one', '{"timezone": "America/Sao_Paulo"}');
INSERT INTO agent_bots (id, name) VALUES (1, 'followup');
INSERT INTO inboxes (id, channel_id, account_id, name, channel_type)
VALUES (1, 1, 1, 'wa', 'Channel::Whatsapp');
INSERT INTO contacts (id, account_id, name, custom_attributes)
SELECT g, 1, 'Ana ' || g, '{"timezone": "America/Manaus", "goal": "a bike"}'
FROM generate_series(1, :conversations) g;
INSERT INTO contact_inboxes (id, contact_id, inbox_id, source_id)
SELECT g, g, 1, '55' || g FROM generate_series(1, :conversations) g;
ALTER TABLE conversations DISABLE TRIGGER ALL;
INSERT INTO conversations (id, account_id, inbox_id, contact_id,
  contact_inbox_id, display_id, cached_label_list)
SELECT g, 1, 1, g, g, g, 'stage-recommend, vip'
FROM generate_series(1, :conversations) g;
ALTER TABLE conversations ENABLE TRIGGER ALL;
-- Spread over the table as time spreads them; one in six is an activity.
INSERT INTO messages (account_id, inbox_id, conversation_id, message_type,
  content, content_attributes, sender_type, sender_id, created_at, updated_at)
SELECT 1, 1, 1 + g % :conversations,
  CASE WHEN t % 6 = 5 THEN 2 ELSE t % 2 END,
  'message ' || g || ' of some twenty words ' || md5(g::text),
  CASE WHEN t % 3 = 0 THEN '"{\"in_reply_to\":null}"' ELSE '{}' END::json,
  CASE WHEN t % 2 = 0 THEN 'Contact' ELSE 'User' END, 7, at, at
FROM generate_series(0, :conversations * :each - 1) g,
  LATERAL (SELECT g / :conversations AS t,
    timezone('UTC', now()) - (:conversations * :each - g) * interval '2 s'
      AS at) x;
SELECT setval('messages_id_seq', max(id)) FROM messages \g /dev/null
-- The indexes that Chatwoot has there: they are the writer's cost without us.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX ON messages USING gin (content gin_trgm_ops);
CREATE INDEX ON messages USING gin ((additional_attributes -> 'campaign_id'));
CREATE INDEX ON messages (account_id, content_type, created_at);
CREATE INDEX ON messages (account_id, created_at, message_type);
CREATE INDEX ON messages (account_id, inbox_id);
CREATE INDEX ON messages (account_id);
CREATE INDEX ON messages (conversation_id);
CREATE INDEX ON messages (created_at);
CREATE INDEX ON messages (inbox_id);
CREATE INDEX ON messages (sender_type, sender_id);
CREATE INDEX ON messages (source_id);
CREATE INDEX ON messages (sender_type, sender_id, created_at);
ALTER TABLE conversations ADD waiting_since timestamp;
CREATE INDEX ON conversations (account_id, id);
CREATE INDEX ON conversations (account_id, inbox_id, status, assignee_id);
CREATE INDEX ON conversations (account_id);
CREATE INDEX ON conversations (assignee_id, account_id);
CREATE INDEX ON conversations (inbox_id);
CREATE INDEX ON conversations (status, account_id);
CREATE INDEX ON conversations (waiting_since);
CREATE INDEX ON contacts (account_id);
CREATE INDEX ON contacts (account_id, last_activity_at DESC NULLS LAST);
CREATE INDEX ON contacts (blocked);
CREATE INDEX ON contacts (email, account_id);
CREATE INDEX ON contacts USING gin (name gin_trgm_ops);
CREATE INDEX ON contacts (lower(email), account_id);
VACUUM ANALYZE;
SQL
"$program" migrate --adapter chatwoot >"$work/migrate"

# --- facts --------------------------------------------------------------------
{
  printf '%s\n' '\timing on'
  for _ in $(seq 21); do
    cat <<SQL
SELECT count(attributes) FROM followup.conversation_facts(
  array_fill('1'::text, ARRAY[500]),
  ARRAY(SELECT (1 + floor(random() * $conversations))::bigint::text
        FROM generate_series(1, 500)));
SQL
  done
} | sql | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -n 20 | sort -g |
  awk '{ t[NR] = $1 } END { printf "facts    500 conversations: %.0f ms" \
    " best, %.0f ms median (at most 150)\n", t[1], t[int(NR / 2) + 1] }'

# --- the writer ---------------------------------------------------------------
# The row alone, and all that Chatwoot writes when a customer's message comes.
cat >"$work/row.sql" <<SQL
\set c random(1, $conversations)
INSERT INTO messages (account_id, inbox_id, conversation_id, message_type,
  content, content_attributes, sender_type, sender_id)
VALUES (1, 1, :c, 0, 'when can I have it, in blue? ' || md5(:c::text), '{}',
  'Contact', :c);
SQL
{
  echo 'BEGIN;'
  cat "$work/row.sql"
  cat <<'SQL'
UPDATE conversations SET last_activity_at = now(), waiting_since = now(),
  updated_at = now() WHERE id = :c;
UPDATE contacts SET last_activity_at = now(), updated_at = now()
WHERE id = :c;
COMMIT;
SQL
} >"$work/message.sql"
# Latencies in µs of $1's transactions, without the wait for their turn.
insert() {
  (cd "$work" && rm -f log.* && "$FUP_TEST_PG_BINDIR/pgbench" -n -M prepared \
    -c 4 -j 1 -R 1000 -T 3 -l --log-prefix=log -f "$1.sql" \
    "$FOLLOWUP_POSTGRES" >/dev/null && awk '{ print $3 - $7 }' log.*)
}
# Instant $2 of the sorted latencies in $1, as a share.
share() {
  sort -g "$1" | awk -v at="$2" '{ t[NR] = $1 } END { print t[int(NR*at)+1] }'
}
switch() {
  for table in messages conversations contacts; do
    sql -c "ALTER TABLE $table $1 TRIGGER followup_changed"
  done
}
without() {
  switch DISABLE
  insert "$1" >>"$work/without.$1"
}
with() {
  switch ENABLE
  sql -c 'SELECT followup.read_new()' >/dev/null
  { cat sql/statements/read_new.sql; echo '\watch 0.025'; } |
    "${psql[@]}" "$FOLLOWUP_POSTGRES" >/dev/null &
  insert "$1" >>"$work/with.$1"
  kill $!
  wait $! || true
}
for what in row message; do
  for _ in $(seq 10); do
    if [ $((RANDOM % 2)) = 0 ]; then
      without $what
      with $what
    else
      with $what
      without $what
    fi
  done
  for at in 0.1 0.5; do
    awk -v a="$(share "$work/without.$what" $at)" -v what=$what -v at=$at \
      -v b="$(share "$work/with.$what" $at)" 'BEGIN {
      printf "%-8s 1000/s, %d %% take at most %.2f ms without, %.2f ms with" \
        " us: %+.0f %% (at most 10)\n", what, at * 100, a / 1000,
        b / 1000, (b - a) * 100 / a }'
  done
done
switch ENABLE

# --- a worker -----------------------------------------------------------------
mkdir "$work/schedules"
cat >"$work/schedules/slow.json" <<'JSON'
{"name": "slow", "mode": "live", "match": {"channel": ["whatsapp"]}, "steps": [
  {"kind": "check_in", "after": "1h", "message": {"variants": [
    {"id": "a", "text": {"en": "Still?"}}]}}]}
JSON
now() { date +%s%N; }
# Wait until $1 is true.
until_true() {
  while [ "$(sql -c "$1")" != t ]; do
    sleep 0.02
  done
}
judged="SELECT NOT followup.has_new() AND NOT EXISTS (
  SELECT FROM followup.partition p, LATERAL
    followup.changed_after(p.id, p.captured))"
"$program" worker 2>"$work/log" &
worker=$!
until_true "$judged"
insert row >"$work/late"
at=$(now)
until_true "$judged"
echo "capture  $((($(now) - at) / 1000000)) ms after the last of 3000 inserts"

at=$(now)
sql -c "INSERT INTO messages (account_id, inbox_id, conversation_id,
  message_type, content, sender_type, sender_id)
  SELECT 1, 1, g, 1, 'Which size?', 'User', 7 FROM generate_series(1, 20000) g"
until_true "SELECT count(*) >= 20000 FROM followup.enrollment"
awk -v t="$(($(now) - at))" 'BEGIN {
  printf "enroll   20000 silences: %.1f s, their messages included (under 30)\n",
    t / 1e9 }'
