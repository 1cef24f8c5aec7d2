-- remove.lua: takes a job that nobody holds out of the queue.
-- ARGV[1] job
-- returns 1 when it was there, else 0
local removed = redis.call('ZREM', READY, ARGV[1]) + redis.call('ZREM', DELAYED, ARGV[1])
if removed == 0 then return 0 end
redis.call('HDEL', JOBS, ARGV[1])
return 1
