-- set_pauses.lua: takes over what the record says is paused, and lets go on what is not. Safe to repeat.
-- ARGV[1] the revision of the record's list     ARGV[2] the revision to forget first, or ''     ARGV[3] lease, ms
-- ARGV[4] spacing, ms     ARGV: what is paused
-- returns the revision that is known now: a greater one than ARGV[1] when nothing was done
if ARGV[2] ~= '' and redis.call('HGET', PAUSES, 'revision') == ARGV[2] then redis.call('HSET', PAUSES, 'revision', -1) end
local known, resumed = write_pauses(tonumber(ARGV[1]), ARGV, 5)
local generation = redis.call('HMGET', GENERATION, 'born_ms', 'clean')
for _, name in ipairs(resumed) do
  local site = name:match('^site (.*)$')
  if site and generation[1] then
    local gate = read_gate(site, tonumber(generation[1]), generation[2] == '1', tonumber(ARGV[3]), tonumber(ARGV[4]))
    if gate.holder == '' then wake_next(gate, '') end
  end
end
if #resumed > 0 then redis.call('PUBLISH', WAKE, 'jobs') end
return known
