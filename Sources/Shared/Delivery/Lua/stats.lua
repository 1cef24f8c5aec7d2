-- stats.lua: counts what there is.
-- returns {1 when there is a generation, ready, delayed, leader or '', {worker, ms left of its lease, jobs held} …}
--   and last {sites}
local workers = redis.call('ZRANGE', WORKERS, 0, -1, 'WITHSCORES')
local counted = {}
for index = 1, #workers, 2 do
  local left_ms = math.max(0, tonumber(workers[index + 1]) - now)
  counted[#counted + 1] = { workers[index], left_ms, redis.call('SCARD', held_key(workers[index])) }
end
return {
  redis.call('EXISTS', GENERATION), redis.call('ZCARD', READY), redis.call('ZCARD', DELAYED),
  redis.call('GET', LEADER) or '', counted, redis.call('SMEMBERS', SITES),
}
