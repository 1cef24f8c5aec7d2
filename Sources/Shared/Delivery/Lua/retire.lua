-- retire.lua: ends a worker's lease now and gives back whatever it still has.
-- ARGV[1] worker     ARGV[2] lease, ms     ARGV[3] spacing, ms
-- returns the number of jobs given back
local generation = redis.call('HMGET', GENERATION, 'born_ms', 'clean')
if not generation[1] then return 0 end
local jobs = free_worker(ARGV[1], now, tonumber(generation[1]), generation[2] == '1', tonumber(ARGV[2]), tonumber(ARGV[3]))
wake_for_jobs(#jobs)
return #jobs
