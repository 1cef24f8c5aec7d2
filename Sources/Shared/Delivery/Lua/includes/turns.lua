-- turns.lua: whose turn it is among flows that share something, by start-time fair queuing. After keys.lua.
--
-- Time is counted in what has been served. A flow's next service starts where its last one ended, at the earliest at the
-- start of the one that was served last (the virtual time), and ends what it costs later; the least start goes first. So
-- flows take turns by weight, none saves up a credit while it asks for nothing, and every one is served in the end. The
-- lower bits of a tag count arrivals: ties go to who came first.
--
-- The order is that of "Start-time Fair Queueing" (Goyal, Vin, Cheng, 1996); two of them, one inside the other, share
-- first between teams and then between a team's jobs ("Hierarchical Packet Fair Queueing", Bennett, Zhang, 1996).
local ARRIVALS = 1048576

local function tag_of(start, arrival) return whole(start * ARRIVALS + arrival % ARRIVALS) end
local function start_of_tag(tag) return math.floor(tonumber(tag) / ARRIVALS) end

-- Where a flow's next service starts.
local function next_start(shares, flow, virtual)
  return math.max(virtual, tonumber(redis.call('ZSCORE', shares, flow) or '0'))
end

-- Notes a service that began at `start`; returns the virtual time. A share that ended before it is the same as none.
local function serve(shares, flow, start, cost, virtual)
  virtual = math.max(virtual, start)
  redis.call('ZREMRANGEBYSCORE', shares, '-inf', whole(virtual))
  redis.call('ZADD', shares, whole(start + cost), flow)
  return virtual
end
