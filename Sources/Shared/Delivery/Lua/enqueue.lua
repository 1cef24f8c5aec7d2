-- enqueue.lua: adds jobs that are nowhere in the queue; the others are left alone.
-- ARGV[1] the scheduler that puts back what was lost, or '' for anybody
-- ARGV: job, priority (0...2), kind, team, delay in ms or 0, for each job
-- returns the number added | -1 when ARGV[1] is not the scheduler, or no longer
if ARGV[1] ~= '' and (redis.call('GET', LEADER) ~= ARGV[1] or not lease_of(ARGV[1])) then return -1 end
local added, ready = 0, 0
local order = take_orders((#ARGV - 1) / 5)
for index = 2, #ARGV, 5 do
  local job, delay_ms = ARGV[index], tonumber(ARGV[index + 4])
  if not place_of(job) then
    local facts = { priority = ARGV[index + 1], kind = ARGV[index + 2], team = ARGV[index + 3] }
    added = added + 1
    if delay_ms > 0 then
      make_delayed(job, facts, delay_ms)
    else
      facts.order = order
      make_ready(job, facts)
      order = order + 1
      ready = ready + 1
    end
  end
end
wake_for_jobs(ready)
return added
