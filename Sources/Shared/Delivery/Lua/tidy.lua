-- tidy.lua: drops what nobody has used for long, and what dead workers have left behind.
-- ARGV[1] how long, ms     ARGV[2] cursor over the sites, 0 to begin
-- returns {next cursor, 0 at the end, sites dropped, names of workers dropped}
local idle_since = now - tonumber(ARGV[1])
local page = redis.call('SSCAN', SITES, ARGV[2], 'COUNT', 100)
local sites = 0
for _, site in ipairs(page[2]) do
  local gate = redis.call('HMGET', gate_key(site), 'used_ms', 'closed_until_ms', 'next_ms', 'holder')
  local used_ms = math.max(tonumber(gate[1] or '0'), tonumber(gate[2] or '0'), tonumber(gate[3] or '0'))
  if used_ms < idle_since and (gate[4] or '') == '' and redis.call('EXISTS', teams_key(site)) == 0 then
    for _, team in ipairs(redis.call('HKEYS', clocks_key(site))) do
      redis.call('DEL', waiters_key(site, team), readers_key(site, team), job_shares_key(site, team))
    end
    redis.call('DEL', gate_key(site), teams_key(site), team_shares_key(site), clocks_key(site))
    redis.call('SREM', SITES, site)
    sites = sites + 1
  end
end
-- What a worker says of itself goes with its lease, unless Redis lost the one and not the other.
local workers = 0
if ARGV[2] == '0' then
  for _, worker in ipairs(redis.call('HKEYS', FACTS)) do
    if not redis.call('ZSCORE', WORKERS, worker) then
      redis.call('HDEL', FACTS, worker)
      workers = workers + 1
    end
  end
end
return { tonumber(page[1]), sites, workers }
