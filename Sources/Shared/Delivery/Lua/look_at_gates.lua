-- look_at_gates.lua: says who has which gate, and whether that can be right.
-- returns for each gate that somebody has: {site, member, turn, 1 when its worker's lease stands,
--   1 when that worker has that job}
local held = {}
for _, site in ipairs(redis.call('SMEMBERS', SITES)) do
  local gate = redis.call('HMGET', gate_key(site), 'holder', 'turn')
  local holder = gate[1] or ''
  if holder ~= '' then
    local worker = worker_of(holder)
    held[#held + 1] = {
      site, holder, tonumber(gate[2]), lease_of(worker) and 1 or 0,
      redis.call('HGET', HOLDERS, job_of(holder)) == worker and 1 or 0,
    }
  end
end
return held
