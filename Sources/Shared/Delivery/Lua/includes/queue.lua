-- queue.lua: how a job becomes ready, due or free again, and which ready one is first. After turns.lua.
--
-- Between priorities, age decides: the oldest ready job of each, less its priority's head start. A scheduled job that is
-- older than the head start goes first, so nothing starves. Within a priority, teams take turns; within a team, the oldest
-- goes first.
local HEAD_START_MS = { ['0'] = 0, ['1'] = 60000, ['2'] = 600000 }
local LOWEST, HIGHEST = '0', '2'

-- Gives out so many orders and returns the first. They are 1/1024 ms and strictly grow: ties go by insertion. 2^53 is far.
local function take_orders(count)
  local first = math.max(now * 1024, tonumber(redis.call('GET', ORDER) or '0') + 1)
  redis.call('SET', ORDER, whole(first + count - 1))
  return first
end

-- What is known of a job: priority, kind, team, and its order unless it has none yet.
local function facts_of(job)
  local known = redis.call('HGET', JOBS, job)
  local priority, kind, team, order = (known or ''):match('^(%d) (%S*) (%S*) (%d*)$')
  -- Unknown, or as a release wrote it that knew no teams.
  if not priority then return { priority = LOWEST, kind = '', team = '' } end
  return { priority = priority, kind = kind, team = team, order = tonumber(order) }
end

local function write_facts(job, facts)
  local order = facts.order and whole(facts.order) or ''
  redis.call('HSET', JOBS, job, facts.priority .. ' ' .. facts.kind .. ' ' .. facts.team .. ' ' .. order)
end

-- Lets a team take turns, from its next start on.
local function join_turns(priority, team)
  local turns, clock = turns_key(priority), turn_clock_key(priority)
  if redis.call('ZSCORE', turns, team) then return end
  local arrival = redis.call('HINCRBY', clock, 'arrivals', 1)
  local virtual = tonumber(redis.call('HGET', clock, 'virtual') or '0')
  redis.call('ZADD', turns, tag_of(next_start(turn_shares_key(priority), team, virtual), arrival), team)
end

-- Makes a job ready at its order; one that has none comes last.
local function make_ready(job, facts)
  facts.order = facts.order or take_orders(1)
  write_facts(job, facts)
  redis.call('ZADD', ready_key(facts.priority), whole(facts.order), job)
  redis.call('ZADD', lane_key(facts.priority, facts.team), whole(facts.order), job)
  join_turns(facts.priority, facts.team)
end

local function make_delayed(job, facts, delay_ms)
  facts.order = nil
  write_facts(job, facts)
  redis.call('ZADD', DELAYED, now + delay_ms, job)
end

-- Where a job is: 'held' and by whom, 'delayed' and until when, 'ready' or 'aside'; nil when it is nowhere.
local function place_of(job)
  local holder = redis.call('HGET', HOLDERS, job)
  if holder then return 'held', holder end
  local due_ms = redis.call('ZSCORE', DELAYED, job)
  if due_ms then return 'delayed', tonumber(due_ms) end
  local facts = facts_of(job)
  if redis.call('ZSCORE', ready_key(facts.priority), job) then return 'ready', facts end
  if redis.call('ZSCORE', aside_key(facts.kind), job) then return 'aside', facts end
  return nil
end

-- Takes a job that nobody holds out of its place, whatever that is. Returns whether it had one.
local function take_out(job)
  local place, facts = place_of(job)
  if place == 'delayed' then
    redis.call('ZREM', DELAYED, job)
  elseif place == 'ready' then
    redis.call('ZREM', ready_key(facts.priority), job)
    redis.call('ZREM', lane_key(facts.priority, facts.team), job)
  elseif place == 'aside' then
    redis.call('ZREM', aside_key(facts.kind), job)
  else
    return false
  end
  return true
end

-- How many jobs a claim may find, of all priorities.
local function ready_count()
  if is_paused('queue') then return 0 end
  local count = 0
  for priority in pairs(HEAD_START_MS) do count = count + redis.call('ZCARD', ready_key(priority)) end
  return count
end

-- Makes due jobs ready, a thousand at most, and returns how many.
local function promote_due()
  local due = redis.call('ZRANGEBYSCORE', DELAYED, '-inf', now, 'LIMIT', 0, 1000)
  if #due == 0 then return 0 end
  redis.call('ZREM', DELAYED, unpack(due))
  local first = take_orders(#due)
  for index, job in ipairs(due) do
    local facts = facts_of(job)
    facts.order = first + index - 1
    make_ready(job, facts)
  end
  return #due
end

-- Milliseconds until the next delayed job is due, -1 when there is none.
local function next_due()
  local head = redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')
  if not head[1] then return -1 end
  return math.max(0, tonumber(head[2]) - now)
end

-- Brings jobs back that were put aside for a pause that has ended, a thousand of a kind at most, each to its old place.
local function bring_back()
  for _, kind in ipairs(redis.call('SMEMBERS', ASIDES)) do
    if not is_paused('kind ' .. kind) then
      local popped = redis.call('ZPOPMIN', aside_key(kind), 1000)
      for index = 1, #popped, 2 do
        local facts = facts_of(popped[index])
        facts.order = tonumber(popped[index + 1])
        make_ready(popped[index], facts)
      end
      if redis.call('EXISTS', aside_key(kind)) == 0 then redis.call('SREM', ASIDES, kind) end
    end
  end
end

-- Gives a worker's jobs back, each to its old place, and returns them.
local function free_jobs(worker)
  local jobs = redis.call('SMEMBERS', held_key(worker))
  for _, job in ipairs(jobs) do
    redis.call('HDEL', HOLDERS, job)
    make_ready(job, facts_of(job))
  end
  redis.call('DEL', held_key(worker))
  return jobs
end

local function wake_for_jobs(count)
  if count > 0 then redis.call('PUBLISH', WAKE, 'jobs') end
end
