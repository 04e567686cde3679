-- Timers are about to be built: `due` and `inflight` get the member `built`,
-- which tells at the end whether they were deleted meanwhile.
--
-- KEYS  meta due inflight
-- ARGV  epoch
redis.call('ZADD', KEYS[2], '+inf', 'built')
return redis.call('ZADD', KEYS[3], '+inf', 'built')
