-- settle.lua: ends a claim, if this worker has it.
-- ARGV[1] job     ARGV[2] worker     ARGV[3] finished | ready | delayed
-- ARGV[4] priority for the last two; '' for the last when it stays as it is     ARGV[5] delay in ms for the last
-- returns 1 when the worker had it, else 0
local job, worker, outcome = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', HOLDERS, job) ~= worker then return 0 end
redis.call('HDEL', HOLDERS, job)
redis.call('SREM', held_key(worker), job)
if outcome == 'finished' then
  redis.call('HDEL', JOBS, job)
  return 1
end
local facts = facts_of(job)
if ARGV[4] ~= '' then facts.priority = ARGV[4] end
if outcome == 'ready' then
  -- A job that is handed over keeps its place.
  make_ready(job, facts)
  wake_for_jobs(1)
else
  make_delayed(job, facts, tonumber(ARGV[5]))
end
return 1
