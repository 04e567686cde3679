-- params: how many, 1 to 64
SELECT followup.set_partitions($1::integer)
