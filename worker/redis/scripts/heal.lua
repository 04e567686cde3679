-- Add timers that are neither due nor in flight; one that is due later than it
-- should be comes forward.
--
-- KEYS  meta due inflight
-- ARGV  epoch, then id and score for each
-- Answers how many were added.
local ids, add = {}, {}

for i = 2, #ARGV, 2 do
    ids[#ids + 1] = ARGV[i]
end
local leases = redis.call('ZMSCORE', KEYS[3], unpack(ids))
for i = 1, #ids do
    if not leases[i] then
        add[#add + 1] = ARGV[i * 2 + 1]
        add[#add + 1] = ids[i]
    end
end
if #add == 0 then
    return 0
end
return redis.call('ZADD', KEYS[2], 'LT', unpack(add))
