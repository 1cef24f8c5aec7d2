-- register.lua: begins a worker's lease, or takes it up again after Redis has forgotten.
-- ARGV[1] worker     ARGV[2] lease, ms     ARGV[3] spacing, ms     ARGV[4] what it says of itself, or ''
-- ARGV[5] number of jobs that it runs
-- ARGV: job, priority, kind, team of each; then for each pass that it holds: site, member, is_spaced (0 or 1)
-- returns {'forgotten'} | {'registered', born_ms, number of jobs that others have, those jobs …, turn of each pass or -1 …}
local generation = redis.call('HMGET', GENERATION, 'born_ms', 'clean')
if not generation[1] then return { 'forgotten' } end
local worker, lease_ms, spacing_ms, count = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local born_ms, is_clean = tonumber(generation[1]), generation[2] == '1'
-- What it left behind under an ended lease is nobody's yet; what it still runs it takes again below.
local old_end = tonumber(redis.call('ZSCORE', WORKERS, worker) or nil)
if old_end and old_end <= now then
  wake_for_jobs(#free_worker(worker, old_end, born_ms, is_clean, lease_ms, spacing_ms))
end
redis.call('ZADD', WORKERS, now + lease_ms, worker)
if ARGV[4] ~= '' then redis.call('HSET', FACTS, worker, ARGV[4]) end

local taken, passes_at = {}, 6 + 4 * count
for index = 6, passes_at - 1, 4 do
  local job = ARGV[index]
  local holder = redis.call('HGET', HOLDERS, job)
  if holder and holder ~= worker then
    taken[#taken + 1] = job
  else
    if not holder then take_out(job) end
    redis.call('SADD', held_key(worker), job)
    redis.call('HSET', HOLDERS, job, worker)
    local order = facts_of(job).order
    write_facts(job, { priority = ARGV[index + 1], kind = ARGV[index + 2], team = ARGV[index + 3], order = order })
  end
end

local reply = { 'registered', born_ms, #taken }
for _, job in ipairs(taken) do reply[#reply + 1] = job end
for index = passes_at, #ARGV, 3 do
  local gate = read_gate(ARGV[index], born_ms, is_clean, lease_ms, spacing_ms)
  vacate_if_dead(gate, spacing_ms)
  local turn = -1
  if gate.holder == '' or gate.holder == ARGV[index + 1] then
    gate.turn = gate.turn + 1
    gate.holder = ARGV[index + 1]
    gate.is_spaced = ARGV[index + 2] == '1'
    redis.call('SADD', passes_key(worker), gate.site)
    turn = gate.turn
  end
  write_gate(gate)
  reply[#reply + 1] = turn
end
return reply
