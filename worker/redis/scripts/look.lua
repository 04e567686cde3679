-- What the partition's meta says, and whether what it speaks of is there.
--
-- KEYS  meta due inflight
-- Answers {built, relayed, epoch}, '' for what is missing.
--
-- `due` and `inflight` hold the member `built` as long as nobody deleted them,
-- and a stream that we put something on remembers its last id as long as nobody
-- deleted it. Where one was deleted, the mark is taken away: all that waits is
-- relayed anew.
local prefix = string.sub(KEYS[1], 1, #KEYS[1] - 4)
local meta, fields = {}, redis.call('HGETALL', KEYS[1])

-- The stream was deleted, and perhaps made anew by a sender.
local function is_gone(key)
    if redis.call('EXISTS', key) == 0 then
        return true
    end
    local info = redis.call('XINFO', 'STREAM', key)
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then
            return info[i + 1] == '0-0'
        end
    end
end

for i = 1, #fields, 2 do
    meta[fields[i]] = fields[i + 1]
end
for field in pairs(meta) do
    if string.sub(field, 1, 4) == 'out:' and is_gone(prefix .. field) then
        redis.call('HDEL', KEYS[1], 'relayed', field)
        meta.relayed = nil
    end
end
if not redis.call('ZSCORE', KEYS[2], 'built')
    or not redis.call('ZSCORE', KEYS[3], 'built') then
    meta.built = nil
end
return {meta.built or '', meta.relayed or '', meta.epoch or ''}
