-- Give timers back or set them.
--
-- KEYS  meta due inflight
-- ARGV  epoch, then id and score for each; the score '' removes the timer
--
-- Adding goes first: a server without memory refuses a script's first write,
-- and then nothing has been taken out.
local score_of, ids, add, remove = {}, {}, {}, {}

for i = 2, #ARGV, 2 do
    score_of[ARGV[i]] = ARGV[i + 1]
end
for id, score in pairs(score_of) do
    ids[#ids + 1] = id
    if score == '' then
        remove[#remove + 1] = id
    else
        add[#add + 1] = score
        add[#add + 1] = id
    end
end
if #add > 0 then
    redis.call('ZADD', KEYS[2], unpack(add))
end
if #remove > 0 then
    redis.call('ZREM', KEYS[2], unpack(remove))
end
redis.call('ZREM', KEYS[3], unpack(ids))
return #ids
