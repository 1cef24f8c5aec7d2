-- locate.lua: says where jobs are.
-- ARGV: the jobs
-- returns for each: {''} nowhere | {'ready'} | {'aside'} | {'delayed', ms left}
--   | {'held', worker, ms left of its lease or 0, 1 when the worker's own set knows it}
local places = {}
for index, job in ipairs(ARGV) do
  local place, detail = place_of(job)
  if place == 'held' then
    local lease_end = lease_of(detail)
    places[index] = {
      place, detail, lease_end and lease_end - now or 0, redis.call('SISMEMBER', held_key(detail), job),
    }
  elseif place == 'delayed' then
    places[index] = { place, math.max(0, detail - now) }
  else
    places[index] = { place or '' }
  end
end
return places
