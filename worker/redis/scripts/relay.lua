-- Put ledger rows onto their streams, in order.
--
-- KEYS  meta, then the streams
-- ARGV  epoch max_len shadow_len mark, then for each row: which key, what to do
--       (add, shadow, withdraw), seq, id, kind, expires_at, message; mark: what
--       meta.relayed must be, '' for anything
-- Answers {rows done, the error of the next one or ''}. Without an error and
-- with rows left, the next one's stream is full.
--
-- Ids are <seq>-0. Redis refuses an id that the stream has passed, also when
-- the entry is long deleted: that is what makes a repeat harmless. It is also
-- why the first error ends it: a row that failed could never be added once a
-- later one is in.
local max_len, shadow_len = tonumber(ARGV[2]), ARGV[3]
local length, noted = {}, {}

-- The streams are those that the caller thinks of: not lost, not older ones.
if ARGV[4] ~= '' and redis.call('HGET', KEYS[1], 'relayed') ~= ARGV[4] then
    return {err = 'LOST the mark is not ' .. ARGV[4]}
end

-- The error line of a command's answer, or nil.
local function failure(reply)
    return type(reply) == 'table' and reply.err or nil
end

local function has_senders(groups)
    for _, group in ipairs(groups) do
        if group[2] == 'senders' then
            return true
        end
    end
    return false
end

-- Make the stream's group and learn its length, once for each stream.
local function open(key)
    local groups = redis.pcall('XINFO', 'GROUPS', key)
    if failure(groups) or not has_senders(groups) then
        local made = redis.pcall('XGROUP', 'CREATE', key, 'senders', '0',
                                 'MKSTREAM')
        if failure(made) then
            return failure(made)
        end
    end
    length[key] = redis.call('XLEN', key)
end

-- Its name in meta is that of the key, less what all have in common.
local function field_of(key)
    return string.sub(key, #KEYS[1] - 3)
end

-- We put something on it and it has no last id: it was deleted, and perhaps
-- made anew by a sender. What it held is relayed again, before anything else,
-- for later ids would shut earlier ones out.
local function is_gone(key)
    if redis.call('HEXISTS', KEYS[1], field_of(key)) == 0
        or redis.call('XLEN', key) > 0 then
        return false
    end
    local info = redis.pcall('XINFO', 'STREAM', key)
    for i = 1, failure(info) and 0 or #info, 2 do
        if info[i] == 'last-generated-id' then
            return info[i + 1] == '0-0'
        end
    end
    return true
end

for i = 2, #KEYS do
    if is_gone(KEYS[i]) then
        redis.call('HDEL', KEYS[1], 'relayed', field_of(KEYS[i]))
        return {err = 'LOST the stream ' .. KEYS[i]}
    end
end

local function passed(err)
    return string.find(err, 'equal or smaller', 1, true)
end

-- One row: true when done, false when its stream is full, else an error.
local function relay(at)
    local key = KEYS[tonumber(ARGV[at])]
    local what, entry = ARGV[at + 1], ARGV[at + 2] .. '-0'
    local reply

    if what == 'withdraw' then
        reply = redis.pcall('XDEL', key, entry)
    elseif what == 'shadow' then
        reply = redis.pcall('XADD', key, 'MAXLEN', '~', shadow_len, entry,
                            'id', ARGV[at + 3], 'kind', ARGV[at + 4],
                            'expires_at', ARGV[at + 5], 'message',
                            ARGV[at + 6])
    else
        local unopened = not length[key] and open(key)
        if unopened then
            return unopened
        end
        if length[key] >= max_len then
            return false
        end
        reply = redis.pcall('XADD', key, entry, 'id', ARGV[at + 3], 'kind',
                            ARGV[at + 4], 'expires_at', ARGV[at + 5],
                            'message', ARGV[at + 6])
        if not failure(reply) then
            if not noted[key] then
                redis.call('HSET', KEYS[1], field_of(key), '1')
                noted[key] = true
            end
            length[key] = length[key] + 1
        end
    end
    local err = failure(reply)
    return err and not passed(err) and err or true
end

local done = 0
for at = 5, #ARGV, 7 do
    local result = relay(at)
    if result ~= true then
        return {done, result or ''}
    end
    done = done + 1
end
return {done, ''}
