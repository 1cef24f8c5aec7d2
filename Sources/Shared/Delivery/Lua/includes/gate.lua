-- gate.lua: whose turn it is at a site's gate. After keys.lua.
--
-- A waiter is <worker>/<job>/<ticket>. Its score is its virtual start, in which the time of the site is counted in
-- requests: start-time fair queuing. A job's next request starts where its last one ended, at the earliest at the start
-- of the one that was served last; a request costs 8 / weight. So jobs take turns by weight, none saves up a credit while
-- it sends nothing, and every waiter is served in the end. The lower bits count arrivals: ties go to who came first.
--
-- The order is that of "Start-time Fair Queueing" (Goyal, Vin, Cheng, 1996).
local ARRIVALS = 1048576

-- What a spaced request costs beyond the spacing: its round trip, since the next one may travel faster, but never more
-- than 0.6 % of the spacing, so that an export stays below 1.01 times its shortest time.
local function allowance(round_trip_ms, spacing_ms)
  return math.min(round_trip_ms, math.ceil(spacing_ms * 0.006))
end

local function worker_of(member) return member:match('^(.*)/[^/]*/[^/]*$') end
local function job_of(member) return member:match('/([^/]*)/[^/]*$') end

-- Reads a gate. One that Redis does not know is new, or forgotten: unless the generation is clean, it stays closed until
-- every lease that stood when the data was lost has ended, and a spacing more.
local function read_gate(site, born_ms, is_clean, lease_ms, spacing_ms)
  local fields = redis.call('HMGET', gate_key(site), 'turn', 'holder', 'is_spaced', 'next_ms', 'closed_until_ms',
    'virtual_ms', 'arrivals')
  local gate = {
    site = site,
    turn = tonumber(fields[1] or '0'),
    holder = fields[2] or '',
    is_spaced = fields[3] == '1',
    next_ms = tonumber(fields[4] or '0'),
    closed_until_ms = tonumber(fields[5] or '0'),
    virtual = tonumber(fields[6] or '0'),
    arrivals = tonumber(fields[7] or '0'),
  }
  if not fields[1] and not is_clean then gate.closed_until_ms = born_ms + lease_ms + spacing_ms end
  return gate
end

local function write_gate(gate)
  redis.call('HSET', gate_key(gate.site), 'turn', gate.turn, 'holder', gate.holder,
    'is_spaced', gate.is_spaced and 1 or 0, 'next_ms', whole(gate.next_ms),
    'closed_until_ms', whole(gate.closed_until_ms), 'virtual_ms', whole(gate.virtual), 'arrivals', whole(gate.arrivals))
  redis.call('SADD', SITES, gate.site)
end

-- Takes the pass from its holder. Whoever holds a spaced one may have sent its request until `ended_ms`.
local function vacate(gate, ended_ms, spacing_ms)
  redis.call('SREM', passes_key(worker_of(gate.holder)), gate.site)
  if gate.is_spaced and ended_ms then
    gate.next_ms = math.max(gate.next_ms, ended_ms + spacing_ms + allowance(spacing_ms, spacing_ms))
  end
  gate.holder = ''
end

-- A holder whose worker's lease has ended holds nothing. Returns whether there was one.
local function vacate_if_dead(gate, spacing_ms)
  if gate.holder == '' then return false end
  local worker = worker_of(gate.holder)
  if lease_of(worker) then return false end
  vacate(gate, tonumber(redis.call('ZSCORE', WORKERS, worker) or now), spacing_ms)
  return true
end

-- The first waiter of a living worker, and its score; the dead are dropped on the way.
local function first_living(key)
  while true do
    local head = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if not head[1] then return nil, nil end
    if lease_of(worker_of(head[1])) then return head[1], tonumber(head[2]) end
    redis.call('ZREM', key, head[1])
  end
end

-- Who is next once nobody holds the gate, and in how many ms it may go. An unspaced request need not wait for next_ms.
local function in_turn(gate)
  local waiter, waiter_score = first_living(waiters_key(gate.site))
  local reader, reader_score = first_living(readers_key(gate.site))
  local reader_at = math.max(now, gate.closed_until_ms)
  local waiter_at = math.max(reader_at, gate.next_ms)
  if reader and (not waiter or waiter_at > reader_at or reader_score < waiter_score) then
    return reader, reader_at - now
  end
  return waiter, waiter_at - now
end

-- Hands the gate to a waiter.
local function grant(gate, member, is_spaced, cost)
  local key = is_spaced and waiters_key(gate.site) or readers_key(gate.site)
  local start = math.floor(tonumber(redis.call('ZSCORE', key, member)) / ARRIVALS)
  redis.call('ZREM', key, member)
  gate.turn = gate.turn + 1
  gate.holder = member
  gate.is_spaced = is_spaced
  gate.virtual = math.max(gate.virtual, start)
  -- A share that ended before the present is the same as none.
  redis.call('ZREMRANGEBYSCORE', shares_key(gate.site), '-inf', whole(gate.virtual))
  redis.call('ZADD', shares_key(gate.site), whole(start + cost), job_of(member))
  redis.call('SADD', passes_key(worker_of(member)), gate.site)
end

-- Tells a waiter's worker that it may ask again. Neither part of a member has a space in it; a site may.
local function wake_waiter(member, site)
  redis.call('PUBLISH', wake_channel(worker_of(member)), 'gate ' .. member .. ' ' .. site)
end

-- After the gate became free: tells the next in turn, unless it is `own_worker`, whose answer says so. Returns who it is
-- ('' when nobody waits) and in how many ms it may go.
local function wake_next(gate, own_worker)
  local member, wait_ms = in_turn(gate)
  if not member then return '', -1 end
  if worker_of(member) ~= own_worker then wake_waiter(member, gate.site) end
  return member, wait_ms
end
