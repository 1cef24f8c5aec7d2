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
elseif outcome == 'ready' then
  -- A job that is handed over keeps its place.
  local _, order = priority_and_order(job)
  make_ready(job, ARGV[4], order or take_orders(1))
  wake_for_jobs(1)
else
  local priority = ARGV[4]
  if priority == '' then priority = priority_and_order(job) end
  make_delayed(job, priority, tonumber(ARGV[5]))
end
return 1
