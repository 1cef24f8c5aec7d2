-- look_at_gate.lua: says how a gate stands; frees it from a dead holder, and wakes who holds it up.
-- ARGV[1] site     ARGV[2] the worker that asks, or ''     ARGV[3] spacing, ms     ARGV[4] lease, ms
-- returns {'forgotten'} | {'gate', born_ms, holder or '', next member or '', ms until the next one may go or -1,
--   spaced waiting, unspaced waiting, ms until next_ms, ms until it is no longer closed, 1 when the site is paused}
local generation = redis.call('HMGET', GENERATION, 'born_ms', 'clean')
if not generation[1] then return { 'forgotten' } end
local site, spacing_ms, born_ms = ARGV[1], tonumber(ARGV[3]), tonumber(generation[1])
local gate = read_gate(site, born_ms, generation[2] == '1', tonumber(ARGV[4]), spacing_ms)
local was_vacated = vacate_if_dead(gate, spacing_ms)
if was_vacated then write_gate(gate) end
local next_member, wait_ms = '', -1
if gate.holder == '' then
  local member, member_wait_ms = in_turn(gate)
  if member then next_member, wait_ms = member, member_wait_ms end
  -- One that may go and has not come may have missed its wake.
  if (was_vacated or wait_ms == 0) and member and worker_of(member) ~= ARGV[2] then wake_waiter(member, site) end
elseif ARGV[2] ~= '' and worker_of(gate.holder) ~= ARGV[2] then
  -- Its worker may not know that it has the gate; it knows what to do with a wake for somebody who has gone.
  wake_waiter(gate.holder, site)
end
local spaced, unspaced = count_waiting(site)
return {
  'gate', born_ms, gate.holder, next_member, wait_ms, spaced, unspaced,
  math.max(0, gate.next_ms - now), math.max(0, gate.closed_until_ms - now), gate.is_paused and 1 or 0,
}
