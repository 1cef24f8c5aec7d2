-- reap.lua: what happens to what a worker held. After queue.lua and gate.lua.

-- Frees everything of a worker whose lease ended at `ended_ms`, and returns its jobs.
local function free_worker(worker, ended_ms, born_ms, is_clean, lease_ms, spacing_ms)
  redis.call('ZREM', WORKERS, worker)
  redis.call('HDEL', FACTS, worker)
  if redis.call('GET', LEADER) == worker then redis.call('DEL', LEADER) end
  for _, site in ipairs(redis.call('SMEMBERS', passes_key(worker))) do
    local gate = read_gate(site, born_ms, is_clean, lease_ms, spacing_ms)
    if gate.holder ~= '' and worker_of(gate.holder) == worker then
      vacate(gate, ended_ms, spacing_ms)
      write_gate(gate)
      wake_next(gate, worker)
    end
  end
  redis.call('DEL', passes_key(worker), claim_key(worker))
  return free_jobs(worker)
end

-- Makes a living worker the scheduler when there is none whose lease stands. Returns 1 when it is now the scheduler.
local function campaign(worker)
  local leader = redis.call('GET', LEADER)
  if leader == worker then return 1 end
  if leader and lease_of(leader) then return 0 end
  redis.call('SET', LEADER, worker)
  return 1
end
