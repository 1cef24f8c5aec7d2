-- withdraw.lua: takes a waiter out; also one that was granted the gate without hearing of it. Safe to repeat.
-- ARGV[1] site     ARGV[2] member     ARGV[3] spacing, ms     ARGV[4] lease, ms
-- returns {1 when it was there or 0, next member or '', ms until the next one may go or -1}
local generation = redis.call('HMGET', GENERATION, 'born_ms', 'clean')
if not generation[1] then return { 0, '', -1 } end
local site, member, spacing_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
local gate = read_gate(site, tonumber(generation[1]), generation[2] == '1', tonumber(ARGV[4]), spacing_ms)
local team = team_of(member)
local was_there = redis.call('ZREM', waiters_key(site, team), member) + redis.call('ZREM', readers_key(site, team), member)
if gate.holder == member then
  vacate(gate, nil, spacing_ms)
  write_gate(gate)
  was_there = 1
end
-- Also when it was withdrawn before: the answer that named the next one may have been lost.
local next_member, wait_ms = '', -1
if gate.holder == '' then next_member, wait_ms = wake_next(gate, worker_of(member)) end
return { was_there, next_member, wait_ms }
