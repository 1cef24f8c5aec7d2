-- create_generation.lua: begins to remember, if nothing is remembered; what is paused comes first.
-- ARGV[1] 1 when no job can be running anywhere, so that gates may open at once; else 0
-- ARGV[2] the pauses' revision     ARGV: what is paused
-- returns {1 when created or 0 when there was one, born_ms}
if redis.call('EXISTS', GENERATION) == 1 then
  return { 0, tonumber(redis.call('HGET', GENERATION, 'born_ms')) }
end
write_pauses(tonumber(ARGV[2]), ARGV, 3)
redis.call('HSET', GENERATION, 'born_ms', now, 'clean', ARGV[1])
return { 1, now }
