-- strike.lua: takes a job out that the record does not want run, if it still is where it was seen.
-- ARGV[1] job     ARGV[2] where it was seen: ready | aside | delayed | held     ARGV[3] its holder then, or ''
-- returns 1 when it is out, else 0
local job = ARGV[1]
local place, detail = place_of(job)
if place ~= ARGV[2] then return 0 end
if place == 'held' then
  if detail ~= ARGV[3] then return 0 end
  redis.call('HDEL', HOLDERS, job)
  redis.call('SREM', held_key(detail), job)
else
  take_out(job)
end
redis.call('HDEL', JOBS, job)
return 1
