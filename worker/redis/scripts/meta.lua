-- Set fields of the partition's meta hash.
--
-- KEYS  meta, and due and inflight where the timers have just been built
-- ARGV  epoch mark, then name and value for each; mark: what `relayed` must
--       be, '' for anything
if ARGV[2] ~= '' and redis.call('HGET', KEYS[1], 'relayed') ~= ARGV[2] then
    return {err = 'LOST the mark is not ' .. ARGV[2]}
end
if KEYS[2] then
    for i = 2, 3 do
        if not redis.call('ZSCORE', KEYS[i], 'built') then
            return {err = 'LOST timers while they were built'}
        end
    end
end
return redis.call('HSET', KEYS[1], unpack(ARGV, 3))
