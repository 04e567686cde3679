-- What the worker needs to know before it starts.
-- rows: tag, partitions, enroll_since (µs), adapter
SELECT tag, partitions, followup.us(enroll_since), adapter
FROM followup.installation
