-- held.lua: what a worker has claimed and not settled.
-- ARGV[1] worker
-- returns {job …}
return redis.call('SMEMBERS', held_key(ARGV[1]))
