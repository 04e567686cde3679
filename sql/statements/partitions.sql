-- rows: how many partitions there are
SELECT count(*) FROM followup.partition
