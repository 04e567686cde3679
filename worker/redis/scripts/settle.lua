-- Give timers back or set them.
--
-- KEYS  meta due inflight
-- ARGV  epoch, then id and score for each; the score '' removes the timer
--
-- Adding goes first: a server without memory refuses a script's first write,
-- and then nothing has been taken out.
local add, removed, ids = {}, {}, {}

for i = 2, #ARGV, 2 do
    local id, score = ARGV[i], ARGV[i + 1]
    ids[#ids + 1] = id
    if score == '' then
        removed[id] = true
    else
        removed[id] = nil
        add[#add + 1] = score
        add[#add + 1] = id
    end
end
local remove = {}
for id in pairs(removed) do
    remove[#remove + 1] = id
end
if #add > 0 then
    redis.call('ZADD', KEYS[2], unpack(add))
end
if #remove > 0 then
    redis.call('ZREM', KEYS[2], unpack(remove))
end
redis.call('ZREM', KEYS[3], unpack(ids))
return #ids
