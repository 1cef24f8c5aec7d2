-- claim.lua: takes the first ready jobs for a worker whose lease stands. Jobs of a paused kind are put aside on the way.
-- ARGV[1] worker     ARGV[2] how many at most, 0...1000     ARGV[3] names this claim: a repetition gets the same jobs
-- ARGV[4] how many more, 0...1000, of the highest priority only
-- returns {'forgotten'} | {'lost'} | {'claimed', ms until the next delayed job or -1, ready jobs left, job …}; without room
-- for any job, only those of the highest priority count as left
if redis.call('EXISTS', GENERATION) == 0 then return { 'forgotten' } end
local worker, limit, token, reserved = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
if not lease_of(worker) then return { 'lost' } end

-- The priority whose turn it is: whose oldest ready job has waited longest, less its head start.
local function first_priority()
  local first, first_score
  for priority, head_start_ms in pairs(HEAD_START_MS) do
    local head = redis.call('ZRANGE', ready_key(priority), 0, 0, 'WITHSCORES')
    local score = head[1] and tonumber(head[2]) - head_start_ms * 1024
    if score and (not first or score < first_score) then first, first_score = priority, score end
  end
  return first
end

-- Takes the oldest job of the team whose turn it is out of the ready ones.
local function pop(priority)
  while true do
    local head = redis.call('ZRANGE', turns_key(priority), 0, 0, 'WITHSCORES')
    local team = head[1]
    local popped = redis.call('ZPOPMIN', lane_key(priority, team))
    if popped[1] then
      redis.call('ZREM', ready_key(priority), popped[1])
      return popped[1], team, start_of_tag(head[2])
    end
    redis.call('ZREM', turns_key(priority), team)
  end
end

-- Lets the next team take its turn.
local function charge(priority, team, start)
  local clock = turn_clock_key(priority)
  local virtual = tonumber(redis.call('HGET', clock, 'virtual') or '0')
  redis.call('HSET', clock, 'virtual', whole(serve(turn_shares_key(priority), team, start, 1, virtual)))
  redis.call('ZREM', turns_key(priority), team)
  if redis.call('EXISTS', lane_key(priority, team)) == 1 then join_turns(priority, team) end
end

local jobs = {}
local newest = redis.call('LRANGE', claim_key(worker), 0, -1)
if newest[1] == token then
  for index = 2, #newest do
    if redis.call('HGET', HOLDERS, newest[index]) == worker then jobs[#jobs + 1] = newest[index] end
  end
elseif not is_paused('queue') then
  bring_back()
  promote_due()
  local looks = limit + reserved + 1000
  -- What is left over of the first room is no room for others than those.
  while #jobs < limit + reserved and looks > 0 do
    local priority = first_priority()
    if #jobs >= limit then priority = redis.call('EXISTS', ready_key(HIGHEST)) == 1 and HIGHEST or nil end
    if not priority then break end
    local job, team, start = pop(priority)
    local facts = facts_of(job)
    if is_paused('kind ' .. facts.kind) then
      redis.call('ZADD', aside_key(facts.kind), whole(facts.order), job)
      redis.call('SADD', ASIDES, facts.kind)
    else
      charge(priority, team, start)
      redis.call('SADD', held_key(worker), job)
      redis.call('HSET', HOLDERS, job, worker)
      jobs[#jobs + 1] = job
    end
    looks = looks - 1
  end
  if #jobs > 0 then
    redis.call('DEL', claim_key(worker))
    redis.call('RPUSH', claim_key(worker), token, unpack(jobs))
    redis.call('EXPIRE', claim_key(worker), 3600)
  end
end
local left = ready_count()
if limit == 0 and left > 0 then left = redis.call('ZCARD', ready_key(HIGHEST)) end
local reply = { 'claimed', next_due(), left }
for _, job in ipairs(jobs) do reply[#reply + 1] = job end
return reply
