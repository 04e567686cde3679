-- What the partition's meta says, and whether what it speaks of is there.
--
-- KEYS  meta due inflight
-- Answers {built, relayed, epoch, {channel, seq, ...}}, '' for what is missing:
-- the channels whose streams are behind, and the seq from which on they are.
--
-- `due` and `inflight` hold the member `built` as long as nobody deleted them,
-- and a stream that we put something on remembers its last id as long as nobody
-- deleted it: one that was deleted is behind from the beginning (see relay.lua).
local prefix = string.sub(KEYS[1], 1, #KEYS[1] - 4)
local meta, fields = {}, redis.call('HGETALL', KEYS[1])

-- The stream was deleted, and perhaps made anew by a sender.
local function is_gone(key, top)
    if redis.call('EXISTS', key) == 0 then
        return true
    end
    local info = redis.call('XINFO', 'STREAM', key)
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then
            return tonumber(string.match(info[i + 1], '^%d+')) < tonumber(top)
        end
    end
end

for i = 1, #fields, 2 do
    meta[fields[i]] = fields[i + 1]
end
for i = 1, #fields, 2 do
    local channel = string.match(fields[i], '^out:(.*)$')
    if channel and is_gone(prefix .. fields[i], fields[i + 1]) then
        redis.call('HDEL', KEYS[1], fields[i])
        redis.call('HSET', KEYS[1], 'behind:' .. channel, '0')
        meta['behind:' .. channel] = '0'
    end
end
if not redis.call('ZSCORE', KEYS[2], 'built')
    or not redis.call('ZSCORE', KEYS[3], 'built') then
    meta.built = nil
end
local behind = {}
for name, seq in pairs(meta) do
    local channel = string.match(name, '^behind:(.*)$')
    if channel then
        behind[#behind + 1] = channel
        behind[#behind + 1] = seq
    end
end
return {meta.built or '', meta.relayed or '', meta.epoch or '', behind}
