-- enqueue.lua: adds jobs that are neither ready nor delayed nor held; the others are left alone.
-- ARGV[1] the scheduler that puts back what was lost, or '' for anybody
-- ARGV: job, priority (0...2), delay in ms or 0, for each job
-- returns the number added | -1 when ARGV[1] is not the scheduler, or no longer
if ARGV[1] ~= '' and (redis.call('GET', LEADER) ~= ARGV[1] or not lease_of(ARGV[1])) then return -1 end
local added, ready = 0, 0
local order = take_orders((#ARGV - 1) / 3)
for index = 2, #ARGV, 3 do
  local job, priority, delay_ms = ARGV[index], ARGV[index + 1], tonumber(ARGV[index + 2])
  local is_known = redis.call('HEXISTS', HOLDERS, job) == 1
    or redis.call('ZSCORE', READY, job)
    or redis.call('ZSCORE', DELAYED, job)
  if not is_known then
    added = added + 1
    if delay_ms > 0 then
      make_delayed(job, priority, delay_ms)
    else
      make_ready(job, priority, order)
      order = order + 1
      ready = ready + 1
    end
  end
end
wake_for_jobs(ready)
return added
