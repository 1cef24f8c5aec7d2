-- stats.lua: counts what there is.
-- returns {1 when there is a generation, ready, delayed, put aside, held, leader or '', {what is paused …},
--   {worker, ms left of its lease, jobs held, what it says of itself or ''} …}
--   and last {site, spaced waiting, unspaced waiting, holding worker or '', ms until next_ms, ms until no longer closed} …
local ready, aside = 0, 0
for priority in pairs(HEAD_START_MS) do ready = ready + redis.call('ZCARD', ready_key(priority)) end
for _, kind in ipairs(redis.call('SMEMBERS', ASIDES)) do aside = aside + redis.call('ZCARD', aside_key(kind)) end
local workers = redis.call('ZRANGE', WORKERS, 0, -1, 'WITHSCORES')
local counted = {}
for index = 1, #workers, 2 do
  local worker, left_ms = workers[index], math.max(0, tonumber(workers[index + 1]) - now)
  counted[#counted + 1] = {
    worker, left_ms, redis.call('SCARD', held_key(worker)), redis.call('HGET', FACTS, worker) or '',
  }
end
local gates = {}
for _, site in ipairs(redis.call('SMEMBERS', SITES)) do
  local gate = redis.call('HMGET', gate_key(site), 'holder', 'next_ms', 'closed_until_ms')
  local spaced, unspaced = count_waiting(site)
  gates[#gates + 1] = {
    site, spaced, unspaced, gate[1] and worker_of(gate[1]) or '',
    math.max(0, tonumber(gate[2] or '0') - now), math.max(0, tonumber(gate[3] or '0') - now),
  }
end
return {
  redis.call('EXISTS', GENERATION), ready, redis.call('ZCARD', DELAYED), aside, redis.call('HLEN', HOLDERS),
  redis.call('GET', LEADER) or '', paused_names(), counted, gates,
}
