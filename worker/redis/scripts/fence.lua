-- Stands before every script that changes a partition.
-- KEYS[1] is its meta hash, ARGV[1] the caller's epoch.
--
-- An owner of an older epoch is refused; a newer epoch is recorded. The hash
-- may be gone (FLUSHALL): then the caller's epoch is the newest one known.
local epoch = tonumber(ARGV[1])
local newest = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '') or 0
if epoch < newest then
    return {err = string.format('FENCED epoch %.0f is over, it is %.0f', epoch,
                                newest)}
elseif epoch > newest then
    redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
end
