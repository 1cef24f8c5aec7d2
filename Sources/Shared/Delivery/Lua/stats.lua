-- stats.lua: counts what there is.
-- returns {1 when there is a generation, ready, delayed, leader or '', {worker, ms left of its lease, jobs held} …}
--   and last {site, spaced waiting, unspaced waiting, 1 when held} …
local workers = redis.call('ZRANGE', WORKERS, 0, -1, 'WITHSCORES')
local counted = {}
for index = 1, #workers, 2 do
  local left_ms = math.max(0, tonumber(workers[index + 1]) - now)
  counted[#counted + 1] = { workers[index], left_ms, redis.call('SCARD', held_key(workers[index])) }
end
local gates = {}
for _, site in ipairs(redis.call('SMEMBERS', SITES)) do
  local holder = redis.call('HGET', gate_key(site), 'holder')
  gates[#gates + 1] = {
    site, redis.call('ZCARD', waiters_key(site)), redis.call('ZCARD', readers_key(site)),
    holder and holder ~= '' and 1 or 0,
  }
end
return {
  redis.call('EXISTS', GENERATION), redis.call('ZCARD', READY), redis.call('ZCARD', DELAYED),
  redis.call('GET', LEADER) or '', counted, gates,
}
