-- release.lua: frees a job from a holder that does not live, each to its old place; a living one keeps it.
-- ARGV[1] job     ARGV[2] its holder, as it was seen
-- returns 1 when it is free, else 0
local job, worker = ARGV[1], ARGV[2]
if redis.call('HGET', HOLDERS, job) ~= worker or lease_of(worker) then return 0 end
redis.call('HDEL', HOLDERS, job)
redis.call('SREM', held_key(worker), job)
make_ready(job, facts_of(job))
wake_for_jobs(1)
return 1
