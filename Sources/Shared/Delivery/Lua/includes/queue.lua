-- queue.lua: how a job becomes ready, due or free again. After keys.lua.
-- Ageing: a job's place is its order, which grows with time, less the head start of its priority. A scheduled job that
-- is older than the head start goes first, so nothing starves.
local HEAD_START_MS = { ['0'] = 0, ['1'] = 60000, ['2'] = 600000 }
local LOWEST = '0'

-- Gives out so many orders and returns the first. They are 1/1024 ms and strictly grow: ties go by insertion. 2^53 is far.
local function take_orders(count)
  local first = math.max(now * 1024, tonumber(redis.call('GET', ORDER) or '0') + 1)
  redis.call('SET', ORDER, whole(first + count - 1))
  return first
end

local function priority_and_order(job)
  local known = redis.call('HGET', JOBS, job)
  if not known then return LOWEST, nil end
  local priority, order = known:match('^(%d) (%d*)$')
  return priority, tonumber(order)
end

local function make_ready(job, priority, order)
  redis.call('HSET', JOBS, job, priority .. ' ' .. whole(order))
  redis.call('ZADD', READY, whole(order - HEAD_START_MS[priority] * 1024), job)
end

local function make_delayed(job, priority, delay_ms)
  redis.call('HSET', JOBS, job, priority .. ' ')
  redis.call('ZADD', DELAYED, now + delay_ms, job)
end

-- Makes due jobs ready, a thousand at most, and returns how many.
local function promote_due()
  local due = redis.call('ZRANGEBYSCORE', DELAYED, '-inf', now, 'LIMIT', 0, 1000)
  if #due == 0 then return 0 end
  redis.call('ZREM', DELAYED, unpack(due))
  local first = take_orders(#due)
  for index, job in ipairs(due) do
    local priority = priority_and_order(job)
    make_ready(job, priority, first + index - 1)
  end
  return #due
end

-- Milliseconds until the next delayed job is due, -1 when there is none.
local function next_due()
  local head = redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')
  if not head[1] then return -1 end
  return math.max(0, tonumber(head[2]) - now)
end

-- Gives a worker's jobs back, each to its old place, and returns them.
local function free_jobs(worker)
  local jobs = redis.call('SMEMBERS', held_key(worker))
  for _, job in ipairs(jobs) do
    redis.call('HDEL', HOLDERS, job)
    local priority, order = priority_and_order(job)
    make_ready(job, priority, order or take_orders(1))
  end
  redis.call('DEL', held_key(worker))
  return jobs
end

local function wake_for_jobs(count)
  if count > 0 then redis.call('PUBLISH', WAKE, 'jobs') end
end
