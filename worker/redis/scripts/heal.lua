-- Add timers that are neither due nor in flight; one that is due later than it
-- should be, and later than some time from now, comes forward.
--
-- KEYS  meta due inflight
-- ARGV  epoch spare_ms, then id and score for each
-- Answers how many were added or came forward.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local limit = now + tonumber(ARGV[2])
local ids, add = {}, {}

for i = 3, #ARGV, 2 do
    ids[#ids + 1] = ARGV[i]
end
local leases = redis.call('ZMSCORE', KEYS[3], unpack(ids))
local scores = redis.call('ZMSCORE', KEYS[2], unpack(ids))
for i = 1, #ids do
    local score, due = scores[i], ARGV[i * 2 + 2]
    if not leases[i] and (not score
            or tonumber(score) > math.max(tonumber(due), limit)) then
        add[#add + 1] = due
        add[#add + 1] = ids[i]
    end
end
if #add == 0 then
    return 0
end
redis.call('ZADD', KEYS[2], unpack(add))
return #add / 2
