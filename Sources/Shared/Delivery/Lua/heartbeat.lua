-- heartbeat.lua: extends a worker's lease; promotes due jobs, reaps dead workers, elects the scheduler.
-- ARGV[1] worker     ARGV[2] lease, ms     ARGV[3] spacing, ms
-- ARGV[4] born_ms of the generation it registered in     ARGV[5] 1 when it stands for election as the scheduler
-- returns {'forgotten'} | {'lost'}
--   | {'standing', promoted, ms until the next delayed job or -1, ready jobs, 1 when scheduler, {what is paused …},
--      {dead worker, job …} …}
local generation = redis.call('HMGET', GENERATION, 'born_ms', 'clean')
if not generation[1] or generation[1] ~= ARGV[4] then return { 'forgotten' } end
local worker, lease_ms, spacing_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local born_ms, is_clean = tonumber(generation[1]), generation[2] == '1'
local is_standing = lease_of(worker)
if is_standing then redis.call('ZADD', WORKERS, now + lease_ms, worker) end

local reaped, freed = {}, 0
local dead = redis.call('ZRANGEBYSCORE', WORKERS, '-inf', now, 'WITHSCORES', 'LIMIT', 0, 100)
for index = 1, #dead, 2 do
  local jobs = free_worker(dead[index], tonumber(dead[index + 1]), born_ms, is_clean, lease_ms, spacing_ms)
  freed = freed + #jobs
  table.insert(jobs, 1, dead[index])
  reaped[#reaped + 1] = jobs
end
local promoted = promote_due()
wake_for_jobs(promoted + freed)
if not is_standing then return { 'lost' } end

local is_leader = ARGV[5] == '1' and campaign(worker) or 0
local reply = { 'standing', promoted, next_due(), ready_count(), is_leader, paused_names() }
for _, jobs in ipairs(reaped) do reply[#reply + 1] = jobs end
return reply
