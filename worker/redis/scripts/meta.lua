-- Set fields of the partition's meta hash.
--
-- KEYS  meta
-- ARGV  epoch, then name and value for each
return redis.call('HSET', KEYS[1], unpack(ARGV, 2))
