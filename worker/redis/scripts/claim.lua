-- Take timers that are due, or will be within `lead_ms`, and lease them.
--
-- KEYS  meta due inflight
-- ARGV  epoch max lead_ms lease_ms
-- Answers {now, soonest, pending, {id, ...}}: soonest is the earliest score in
-- due and inflight after this, '' when there is none.
--
-- Leases that ran out come first, a quarter at most; then fresh timers (less
-- than a second late) have half of the room, so that a backlog does not make
-- them late; then the backlog; what it leaves is for fresh ones again.
-- Members that are no ids (8 bytes) are removed on the way.
local due, inflight = KEYS[2], KEYS[3]
local max = tonumber(ARGV[2])
local lead, lease = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function int(number)
    return string.format('%.0f', number)
end

local function range(key, low, high, limit)
    return redis.call('ZRANGEBYSCORE', key, low, high, 'LIMIT', 0, limit)
end

local function first(key)
    return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
end

local late = int(now - 1000)
local expired = range(inflight, '-inf', int(now), math.ceil(max / 4))
local room = max - #expired
local fresh = range(due, '(' .. late, int(now + lead), room)
local half = math.min(#fresh, math.ceil(max / 2), room)
local backlog = range(due, '-inf', late, room - half)
local n_fresh = math.min(#fresh, room - #backlog)

local got, leases, gone_due, gone_inflight = {}, {}, {}, {}
local lease_end = int(now + lease)

local function take(found, n, gone)
    for i = 1, n do
        local id = found[i]
        local is_id = #id == 8
        if is_id then
            got[#got + 1] = id
            leases[#leases + 1] = lease_end
            leases[#leases + 1] = id
        end
        if gone == gone_due or not is_id then
            gone[#gone + 1] = id
        end
    end
end

take(expired, #expired, gone_inflight)
take(fresh, n_fresh, gone_due)
take(backlog, #backlog, gone_due)

if #gone_due > 0 then
    redis.call('ZREM', due, unpack(gone_due))
end
if #gone_inflight > 0 then
    redis.call('ZREM', inflight, unpack(gone_inflight))
end
if #leases > 0 then
    redis.call('ZADD', inflight, unpack(leases))
end

local a, b = first(due), first(inflight)
local soonest = a and b and math.min(a, b) or a or b
return {now, soonest and int(soonest) or '', redis.call('ZCARD', due), got}
