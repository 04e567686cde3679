-- Messages are new from now on, for an adapter that tells their ids.
SELECT followup.read_new()
