-- create_generation.lua: begins to remember, if nothing is remembered.
-- ARGV[1] 1 when no job can be running anywhere, so that gates may open at once; else 0
-- returns {1 when created or 0 when there was one, born_ms}
if redis.call('EXISTS', GENERATION) == 1 then
  return { 0, tonumber(redis.call('HGET', GENERATION, 'born_ms')) }
end
redis.call('HSET', GENERATION, 'born_ms', now, 'clean', ARGV[1])
return { 1, now }
