-- Note the conversations of new messages, where the adapter tells their ids. What
-- a crash takes away is read once more: nobody waits for the disk.
-- rows: how many conversations (null: the adapter is not read so)
SELECT followup.read_new()
FROM (SELECT set_config('synchronous_commit', 'off', true) OFFSET 0) x
