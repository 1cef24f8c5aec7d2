-- claim.lua: takes the first ready jobs for a worker whose lease stands.
-- ARGV[1] worker     ARGV[2] how many at most, 1...1000     ARGV[3] names this claim: a repetition gets the same jobs
-- returns {'forgotten'} | {'lost'} | {'claimed', ms until the next delayed job or -1, ready jobs left, job …}
if redis.call('EXISTS', GENERATION) == 0 then return { 'forgotten' } end
local worker, token = ARGV[1], ARGV[3]
if not lease_of(worker) then return { 'lost' } end
promote_due()

local jobs = {}
local newest = redis.call('LRANGE', claim_key(worker), 0, -1)
if newest[1] == token then
  for index = 2, #newest do
    if redis.call('HGET', HOLDERS, newest[index]) == worker then jobs[#jobs + 1] = newest[index] end
  end
else
  local popped = redis.call('ZPOPMIN', READY, ARGV[2])
  for index = 1, #popped, 2 do
    redis.call('SADD', held_key(worker), popped[index])
    redis.call('HSET', HOLDERS, popped[index], worker)
    jobs[#jobs + 1] = popped[index]
  end
  if #jobs > 0 then
    redis.call('DEL', claim_key(worker))
    redis.call('RPUSH', claim_key(worker), token, unpack(jobs))
    redis.call('EXPIRE', claim_key(worker), 3600)
  end
end
local reply = { 'claimed', next_due(), redis.call('ZCARD', READY) }
for _, job in ipairs(jobs) do reply[#reply + 1] = job end
return reply
