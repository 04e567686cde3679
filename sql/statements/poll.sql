-- Note what has changed, where the adapter has no triggers.
-- rows: how many conversations (null: the adapter is not to be asked)
SELECT followup.poll()
