-- Leave the answer to a command, for a minute. A second answer takes the place
-- of one that nobody has fetched.
--
-- KEYS  the reply's list
-- ARGV  the answer
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], ARGV[1])
return redis.call('PEXPIRE', KEYS[1], 60000)
