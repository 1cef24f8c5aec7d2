-- enter_gate.lua: asks for the gate, and queues for it at the first time of asking. Safe to repeat.
-- ARGV[1] site     ARGV[2] member, <worker>/<team>/<job>/<ticket>     ARGV[3] what a request costs: 8 / weight
-- ARGV[4] 1 when spaced     ARGV[5] spacing, ms     ARGV[6] lease, ms
-- returns {'forgotten'} | {'lost'} | {'granted', turn, granted_ms, born_ms}
--   | {'wait', ms until it may ask again or -1 to wait for a wake, requests before it, born_ms}
local generation = redis.call('HMGET', GENERATION, 'born_ms', 'clean')
if not generation[1] then return { 'forgotten' } end
local site, member, cost, is_spaced = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local spacing_ms, born_ms = tonumber(ARGV[5]), tonumber(generation[1])
if not lease_of(worker_of(member)) then return { 'lost' } end
local gate = read_gate(site, born_ms, generation[2] == '1', tonumber(ARGV[6]), spacing_ms)
local was_vacated = vacate_if_dead(gate, spacing_ms)

-- The answer to the first asking was lost: it has the gate already, from now on, since it cannot have begun before.
if gate.holder == member then
  write_gate(gate)
  return { 'granted', gate.turn, now, born_ms }
end

local team = team_of(member)
local key = is_spaced and waiters_key(site, team) or readers_key(site, team)
if not redis.call('ZSCORE', key, member) then join(gate, member, is_spaced) end

local next_member, wait_ms = nil, -1
if gate.holder == '' then next_member, wait_ms = in_turn(gate) end
if next_member == member and wait_ms <= 0 then
  grant(gate, member, is_spaced, cost)
  write_gate(gate)
  return { 'granted', gate.turn, now, born_ms }
end
write_gate(gate)
if was_vacated and next_member and next_member ~= member then wake_waiter(next_member, site) end
return { 'wait', next_member == member and wait_ms or -1, count_before(gate, member, is_spaced), born_ms }
