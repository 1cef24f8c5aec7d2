-- leave_gate.lua: gives the gate back and says when the next spaced request may start. Safe to repeat.
-- A pass that is no longer the newest frees nothing, but what it tells of its request still counts.
-- ARGV[1] site     ARGV[2] member     ARGV[3] turn     ARGV[4] granted_ms     ARGV[5] 1 when spaced
-- ARGV[6] ms from asking for the gate to the start of the request, -1 when none was sent
-- ARGV[7] round trip, ms     ARGV[8] how long Jira wants the gate closed from now, ms, or 0
-- ARGV[9] spacing, ms     ARGV[10] lease, ms
-- returns {1 when it was the holder or 0, next member or '', ms until the next one may go or -1}
local generation = redis.call('HMGET', GENERATION, 'born_ms', 'clean')
if not generation[1] then return { 0, '', -1 } end
local member, spacing_ms = ARGV[2], tonumber(ARGV[9])
local gate = read_gate(ARGV[1], tonumber(generation[1]), generation[2] == '1', tonumber(ARGV[10]), spacing_ms)

local started_after_ms, close_for_ms = tonumber(ARGV[6]), tonumber(ARGV[8])
if ARGV[5] == '1' and started_after_ms >= 0 then
  local started_ms = tonumber(ARGV[4]) + started_after_ms
  gate.next_ms = math.max(gate.next_ms, started_ms + spacing_ms + allowance(tonumber(ARGV[7]), spacing_ms))
end
if close_for_ms > 0 then gate.closed_until_ms = math.max(gate.closed_until_ms, now + close_for_ms) end

local was_holder = gate.holder == member and gate.turn == tonumber(ARGV[3])
if was_holder then vacate(gate, nil, spacing_ms) end
write_gate(gate)
-- Also when it was given back before: the answer that named the next one may have been lost.
local next_member, wait_ms = '', -1
if gate.holder == '' then next_member, wait_ms = wake_next(gate, worker_of(member)) end
return { was_holder and 1 or 0, next_member, wait_ms }
