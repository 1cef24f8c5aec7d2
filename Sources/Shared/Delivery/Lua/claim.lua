-- claim.lua: takes the first ready jobs for a worker whose lease stands.
-- ARGV[1] worker     ARGV[2] how many at most, 1...1000
-- returns {'forgotten'} | {'lost'} | {'claimed', ms until the next delayed job or -1, ready jobs left, job …}
if redis.call('EXISTS', GENERATION) == 0 then return { 'forgotten' } end
if not lease_of(ARGV[1]) then return { 'lost' } end
promote_due()
local popped = redis.call('ZPOPMIN', READY, ARGV[2])
local reply = { 'claimed', next_due(), redis.call('ZCARD', READY) }
for index = 1, #popped, 2 do
  redis.call('SADD', held_key(ARGV[1]), popped[index])
  redis.call('HSET', HOLDERS, popped[index], ARGV[1])
  reply[#reply + 1] = popped[index]
end
return reply
