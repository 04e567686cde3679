#!/usr/bin/env bash
# How long a permit takes. Lets a worker fire 2,000 messages and prints, in ms,
# how long one session takes to ask for a permit for one of them, and for a
# hundred at a time; nothing is kept, so no disk is waited for.
#
#   scripts/with-servers tests/bench/permit.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:-build/release/worker/app/followup}
[ -x "$program" ] || {
  echo "permit.sh: no program $program" >&2
  exit 2
}
messages=2000
work=$(mktemp -d)
worker=
trap '[ -z "$worker" ] || kill "$worker"; rm -rf "$work"' EXIT

psql=("$FUP_TEST_PG_BINDIR/psql" -XqAt -v ON_ERROR_STOP=1)
sql() { "${psql[@]}" "$FUP_TEST_POSTGRES" "$@"; }
export FOLLOWUP_POSTGRES=$FUP_TEST_POSTGRES FOLLOWUP_REDIS=$FUP_TEST_REDIS_TCP
export FOLLOWUP_SCHEDULES=$work/schedules
mkdir "$work/schedules"
cat >"$work/schedules/two.json" <<'JSON'
{"name": "two", "mode": "live", "match": {"channel": ["telegram"]}, "steps": [
  {"kind": "check_in", "after": "1s", "message": {"variants": [
    {"id": "a", "text": {"en": "Still?"}}]}},
  {"kind": "last_call", "after": "9h", "message": {"variants": [
    {"id": "a", "text": {"en": "Shall I close this?"}}]}}]}
JSON
"$program" migrate --adapter plain >"$work/migrate"
"$program" worker 2>"$work/log" &
worker=$!
until grep -q ' ready$' "$work/log"; do
  sleep 0.1
done

sql -v n=$messages <<'SQL'
INSERT INTO crm.contact (id, name)
SELECT 'k' || g, 'Ana' FROM generate_series(1, :n) g;
INSERT INTO crm.conversation (id, contact_id, channel, address)
SELECT 'c' || g, 'k' || g, 'telegram', 't' || g FROM generate_series(1, :n) g;
INSERT INTO crm.message (conversation_id, direction, body, created_at)
SELECT 'c' || g, 'in', 'hello', clock_timestamp() - interval '2 s'
FROM generate_series(1, :n) g;
INSERT INTO crm.message (conversation_id, direction, body)
SELECT 'c' || g, 'out', 'which one?' FROM generate_series(1, :n) g;
SQL
pending="SELECT count(*) FROM followup.ledger WHERE status = 'pending'"
until [ "$(sql -c "$pending")" = $messages ]; do
  sleep 0.2
done
kill "$worker"
wait "$worker" || true
worker=
sql -c "CREATE TABLE asked AS SELECT row_number() OVER () AS n, message_id
  FROM followup.ledger WHERE status = 'pending'" \
  -c 'CREATE UNIQUE INDEX ON asked (n)' -c 'VACUUM ANALYZE'

# $1 messages at a time.
ask() {
  cat >"$work/ask.sql" <<SQL
\\set n random(1, $messages - $1 + 1)
BEGIN;
SELECT p.* FROM followup.permit(ARRAY(
  SELECT message_id FROM asked WHERE n BETWEEN :n AND :n + $1 - 1)) p;
ROLLBACK;
SQL
  "$FUP_TEST_PG_BINDIR/pgbench" -n -M prepared -c 1 -T 5 -f "$work/ask.sql" \
    "$FUP_TEST_POSTGRES" | sed -n 's/^latency average = \(.*\) ms$/\1/p'
}
echo "permit one_ms=$(ask 1) hundred_ms=$(ask 100)"
