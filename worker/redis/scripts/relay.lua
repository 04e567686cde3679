-- Put ledger rows onto their streams, in order.
--
-- KEYS  meta, then the streams
-- ARGV  epoch max_len shadow_len mark next, then for each row: which key, what
--       to do (add, shadow, withdraw), seq, id, kind, expires_at, message
--       mark: what meta.relayed must be, '' for anything
--       next: '' for rows of the whole ledger; else they are all that waits for
--       the one stream given, from where it is behind: up to the seq `next`, or
--       'end' for all there are
-- Answers {rows done, the error of the next one or '', {channel, seq, ...}}:
-- the channels whose streams are behind, and the seq from which on they are.
--
-- Ids are <seq>-0. Redis refuses an id that the stream has passed, also when
-- the entry is long deleted: that is what makes a repeat harmless. It is also
-- why the first error ends it: a row that failed could never be added once a
-- later one is in.
--
-- A stream that is full falls behind: meta `behind:CHANNEL` is the first row it
-- lacks, and no later one is added, until a refill has brought all of them. One
-- that somebody has deleted (its last id is before meta `out:CHANNEL`, the last
-- row that was added) is behind from the beginning.
local max_len, shadow_len = tonumber(ARGV[2]), ARGV[3]
local refill = ARGV[5] ~= ''
local length, behind, top = {}, {}, {}

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

local function field(name, key)
    return name .. ':' .. string.match(key, '}:out:(.*)$')
end

local function fall_behind(key, seq)
    redis.call('HSET', KEYS[1], field('behind', key), seq)
    behind[key] = seq
end

local function last_id(key)
    local info = redis.call('XINFO', 'STREAM', key)
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then
            return tonumber(string.match(info[i + 1], '^%d+'))
        end
    end
end

-- Make the stream's group and learn how it stands, once for each stream.
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
    local added = redis.call('HGET', KEYS[1], field('out', key))
    if added and last_id(key) < tonumber(added) then
        redis.call('HDEL', KEYS[1], field('out', key))
        fall_behind(key, '0')
    elseif not refill then
        behind[key] = redis.call('HGET', KEYS[1], field('behind', key)) or nil
    end
end

local function passed(err)
    return string.find(err, 'equal or smaller', 1, true)
end

-- Onto the stream, or not: then it is behind. An error's line, or nil.
local function add(key, at)
    local unopened = not length[key] and open(key)
    if unopened or behind[key] then
        return unopened
    end
    if length[key] >= max_len then
        fall_behind(key, ARGV[at + 2])
        return nil
    end
    local reply = redis.pcall('XADD', key, ARGV[at + 2] .. '-0', 'id',
                              ARGV[at + 3], 'kind', ARGV[at + 4], 'expires_at',
                              ARGV[at + 5], 'message', ARGV[at + 6])
    if type(reply) == 'table' then
        return reply.err
    end
    length[key] = length[key] + 1
    top[key] = ARGV[at + 2]
    return nil
end

-- One row: an error's line, or nil.
local function relay(at)
    local key, what = KEYS[tonumber(ARGV[at])], ARGV[at + 1]
    if what == 'withdraw' then
        return failure(redis.pcall('XDEL', key, ARGV[at + 2] .. '-0'))
    elseif what == 'shadow' then
        return failure(redis.pcall('XADD', key, 'MAXLEN', '~', shadow_len,
                                   ARGV[at + 2] .. '-0', 'id', ARGV[at + 3],
                                   'kind', ARGV[at + 4], 'expires_at',
                                   ARGV[at + 5], 'message', ARGV[at + 6]))
    end
    return add(key, at)
end

-- The rows, up to the first that fails.
local function relay_all()
    local done = 0
    for at = 6, #ARGV, 7 do
        local err = relay(at)
        if err and not passed(err) then
            return done, err
        end
        done = done + 1
    end
    return done, ''
end

local err = ''
if refill then
    err = open(KEYS[2]) or ''
end
local done, failed = 0, err
if err == '' then
    done, failed = relay_all()
end
for key, seq in pairs(top) do
    redis.pcall('HSET', KEYS[1], field('out', key), seq)
end
if refill and failed == '' and not behind[KEYS[2]] then
    if ARGV[5] == 'end' then
        redis.call('HDEL', KEYS[1], field('behind', KEYS[2]))
    else
        fall_behind(KEYS[2], ARGV[5])
    end
end
local late = {}
for key, seq in pairs(behind) do
    late[#late + 1] = string.match(key, '}:out:(.*)$')
    late[#late + 1] = seq
end
return {done, failed, late}
