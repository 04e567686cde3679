-- A page of what nobody needs any more.
-- params: partition, seconds to keep, after seq, up to seq, limit
-- rows: seq that the next page comes after (null: there is none), follow-ups
--       forgotten, rows of the ledger, commands
SELECT next, ended, gone, commands FROM followup.forget(
  $1::integer, $2::bigint, $3::bigint, $4::bigint, $5::integer)
