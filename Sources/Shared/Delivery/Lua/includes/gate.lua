-- gate.lua: whose turn it is at a site's gate. After turns.lua.
--
-- A waiter is <worker>/<team>/<job>/<ticket>. First teams take turns, then the jobs of a team, both by start-time fair
-- queuing; a request costs 8 / weight. So a team with fifty sessions does not push out a team with one, two sessions of a
-- team take turns too, and a person's job goes before a scheduled one, which still gets its share.
local function site_key(site, rest) return root .. ':gate:' .. site .. rest end
local function gate_key(site) return site_key(site, '') end -- hash
local function teams_key(site) return site_key(site, ':teams') end -- zset: team that waits -> start of its next request
local function team_shares_key(site) return site_key(site, ':shares') end -- zset: team -> what it has used
local function clocks_key(site) return site_key(site, ':clocks') end -- hash: team -> virtual time among its jobs
local function waiters_key(site, team) return site_key(site, ':waiters:' .. team) end -- zset: who sends spaced requests
local function readers_key(site, team) return site_key(site, ':readers:' .. team) end -- zset: who sends others
local function job_shares_key(site, team) return site_key(site, ':shares:' .. team) end -- zset: job -> what it has used

local function worker_of(member) return member:match('^(.*)/[^/]*/[^/]*/[^/]*$') end
local function team_of(member) return member:match('/([^/]*)/[^/]*/[^/]*$') end
local function job_of(member) return member:match('/([^/]*)/[^/]*$') end

-- What a spaced request costs beyond the spacing: its round trip, since the next one may travel faster, but never more
-- than 0.6 % of the spacing, so that an export stays below 1.01 times its shortest time.
local function allowance(round_trip_ms, spacing_ms)
  return math.min(round_trip_ms, math.ceil(spacing_ms * 0.006))
end

-- Reads a gate. One that Redis does not know is new, or forgotten: unless the generation is clean, it stays closed until
-- every lease that stood when the data was lost has ended, and a spacing more.
local function read_gate(site, born_ms, is_clean, lease_ms, spacing_ms)
  local fields = redis.call('HMGET', gate_key(site), 'turn', 'holder', 'is_spaced', 'next_ms', 'closed_until_ms',
    'virtual', 'arrivals')
  local gate = {
    site = site,
    turn = tonumber(fields[1] or '0'),
    holder = fields[2] or '',
    is_spaced = fields[3] == '1',
    next_ms = tonumber(fields[4] or '0'),
    closed_until_ms = tonumber(fields[5] or '0'),
    virtual = tonumber(fields[6] or '0'),
    arrivals = tonumber(fields[7] or '0'),
    is_paused = is_paused('site ' .. site),
  }
  if not fields[1] and not is_clean then gate.closed_until_ms = born_ms + lease_ms + spacing_ms end
  return gate
end

local function write_gate(gate)
  redis.call('HSET', gate_key(gate.site), 'turn', gate.turn, 'holder', gate.holder,
    'is_spaced', gate.is_spaced and 1 or 0, 'next_ms', whole(gate.next_ms),
    'closed_until_ms', whole(gate.closed_until_ms), 'virtual', whole(gate.virtual), 'arrivals', whole(gate.arrivals),
    'used_ms', whole(now))
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

-- Lets a team take turns, from its next start on.
local function join_teams(gate, team)
  if redis.call('ZSCORE', teams_key(gate.site), team) then return end
  gate.arrivals = gate.arrivals + 1
  local start = next_start(team_shares_key(gate.site), team, gate.virtual)
  redis.call('ZADD', teams_key(gate.site), tag_of(start, gate.arrivals), team)
end

-- Queues a waiter, and its team.
local function join(gate, member, is_spaced)
  local team = team_of(member)
  local key = is_spaced and waiters_key(gate.site, team) or readers_key(gate.site, team)
  gate.arrivals = gate.arrivals + 1
  local clock = tonumber(redis.call('HGET', clocks_key(gate.site), team) or '0')
  local start = next_start(job_shares_key(gate.site, team), job_of(member), clock)
  redis.call('ZADD', key, tag_of(start, gate.arrivals), member)
  join_teams(gate, team)
end

-- The first waiter of a living worker, and its tag; the dead are dropped on the way.
local function first_living(key)
  while true do
    local head = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if not head[1] then return nil, nil end
    if lease_of(worker_of(head[1])) then return head[1], tonumber(head[2]) end
    redis.call('ZREM', key, head[1])
  end
end

-- The first waiter and the first reader: of the team whose turn it is among those that have one. Teams that have neither
-- leave. Each is {member, team's tag, own tag}, or nil.
local function first_two(gate)
  local waiter, reader
  local teams = redis.call('ZRANGE', teams_key(gate.site), 0, -1, 'WITHSCORES')
  for index = 1, #teams, 2 do
    local team, team_tag = teams[index], tonumber(teams[index + 1])
    local spaced, spaced_tag = first_living(waiters_key(gate.site, team))
    local unspaced, unspaced_tag = first_living(readers_key(gate.site, team))
    if not spaced and not unspaced then redis.call('ZREM', teams_key(gate.site), team) end
    if spaced and not waiter then waiter = { spaced, team_tag, spaced_tag } end
    if unspaced and not reader then reader = { unspaced, team_tag, unspaced_tag } end
    if waiter and reader then break end
  end
  return waiter, reader
end

local function is_before(one, other)
  if one[2] ~= other[2] then return one[2] < other[2] end
  return one[3] < other[3]
end

-- Who is next once nobody holds the gate, and in how many ms it may go; nobody while the site is paused. An unspaced
-- request need not wait for next_ms.
local function in_turn(gate)
  if gate.is_paused then return nil, -1 end
  local waiter, reader = first_two(gate)
  local reader_at = math.max(now, gate.closed_until_ms)
  local waiter_at = math.max(reader_at, gate.next_ms)
  if reader and (not waiter or waiter_at > reader_at or is_before(reader, waiter)) then
    return reader[1], reader_at - now
  end
  return waiter and waiter[1], waiter_at - now
end

-- Hands the gate to a waiter.
local function grant(gate, member, is_spaced, cost)
  local site, team, job = gate.site, team_of(member), job_of(member)
  local key = is_spaced and waiters_key(site, team) or readers_key(site, team)
  local start = start_of_tag(redis.call('ZSCORE', key, member))
  local team_start = start_of_tag(redis.call('ZSCORE', teams_key(site), team))
  redis.call('ZREM', key, member)
  gate.turn = gate.turn + 1
  gate.holder = member
  gate.is_spaced = is_spaced
  gate.virtual = serve(team_shares_key(site), team, team_start, cost, gate.virtual)
  local clock = tonumber(redis.call('HGET', clocks_key(site), team) or '0')
  redis.call('HSET', clocks_key(site), team, whole(serve(job_shares_key(site, team), job, start, cost, clock)))
  redis.call('ZREM', teams_key(site), team)
  if redis.call('EXISTS', waiters_key(site, team), readers_key(site, team)) > 0 then join_teams(gate, team) end
  redis.call('SADD', passes_key(worker_of(member)), site)
end

-- How many wait, spaced and not.
local function count_waiting(site)
  local spaced, unspaced = 0, 0
  for _, team in ipairs(redis.call('ZRANGE', teams_key(site), 0, -1)) do
    spaced = spaced + redis.call('ZCARD', waiters_key(site, team))
    unspaced = unspaced + redis.call('ZCARD', readers_key(site, team))
  end
  return spaced, unspaced
end

-- About how many go before a waiter: those before it in its team, and of each other team as many as it has turns meanwhile.
local function count_before(gate, member, is_spaced)
  local site, own_team = gate.site, team_of(member)
  local key = is_spaced and waiters_key(site, own_team) or readers_key(site, own_team)
  local other = is_spaced and readers_key(site, own_team) or waiters_key(site, own_team)
  local tag = redis.call('ZSCORE', key, member)
  local own = redis.call('ZRANK', key, member) + redis.call('ZCOUNT', other, '-inf', '(' .. tag)
  local before = own
  for _, team in ipairs(redis.call('ZRANGE', teams_key(site), 0, -1)) do
    if team ~= own_team then
      local waiting = redis.call('ZCARD', waiters_key(site, team)) + redis.call('ZCARD', readers_key(site, team))
      before = before + math.min(waiting, own + 1)
    end
  end
  return gate.holder == '' and before or before + 1
end

-- Tells a waiter's worker that it may ask again. No part of a member has a space in it; a site may.
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
