-- remove.lua: takes a job that nobody holds out of the queue.
-- ARGV[1] job
-- returns 1 when it was there, else 0
if not take_out(ARGV[1]) then return 0 end
redis.call('HDEL', JOBS, ARGV[1])
return 1
