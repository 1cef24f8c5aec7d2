-- keys.lua: the names of the keys, and the server's time. Stands before every script.
-- KEYS[1] is the root, tramline:{q}. Every key begins with it, so all of them live in one slot of a cluster; most scripts
-- touch keys that only another key names (a dead worker's jobs, its gates), so the root is all that can be declared.
local root = KEYS[1]

local GENERATION = root .. ':generation' -- hash: born_ms, clean (0 or 1); absent: Redis has forgotten everything
local WORKERS = root .. ':workers'       -- zset: worker -> end of its lease, ms
local FACTS = root .. ':facts'           -- hash: worker -> what it says of itself, for people
local LEADER = root .. ':leader'         -- string: the worker that is the scheduler, as long as its lease stands
local PAUSES = root .. ':pauses'         -- hash: revision; 'queue', 'kind <kind>', 'site <site>' -> 1 for what is paused
local DELAYED = root .. ':delayed'       -- zset: job -> when it is due, ms
local ASIDES = root .. ':asides'         -- set: the kinds of which ready jobs are put aside
local HOLDERS = root .. ':holders'       -- hash: job -> worker
local JOBS = root .. ':jobs'             -- hash: job -> "<priority> <kind> <team> <order>", for every job that is known here
local ORDER = root .. ':order'           -- string: the newest order given
local SITES = root .. ':sites'           -- set: the sites whose gates have been used

local function ready_key(priority) return root .. ':ready:' .. priority end     -- zset: job -> order, 1/1024 ms
local function lane_key(priority, team) return root .. ':ready:' .. priority .. ':' .. team end -- the same of one team
local function turns_key(priority) return root .. ':turns:' .. priority end     -- zset: team with ready jobs -> its start
local function turn_shares_key(priority) return root .. ':turns:' .. priority .. ':shares' end -- zset: team -> what it has used
local function turn_clock_key(priority) return root .. ':turns:' .. priority .. ':clock' end   -- hash: virtual, arrivals
local function aside_key(kind) return root .. ':aside:' .. kind end             -- zset: job -> order, of a paused kind
local function held_key(worker) return root .. ':held:' .. worker end           -- set: jobs
local function claim_key(worker) return root .. ':claim:' .. worker end         -- list: its newest claim's name, jobs
local function passes_key(worker) return root .. ':passes:' .. worker end       -- set: sites
local function wake_channel(worker) return root .. ':wake:' .. worker end
local WAKE = root .. ':wake'

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- Lua 5.1 writes large numbers as 1.8e+15; Redis wants them whole.
local function whole(number) return string.format('%.0f', number) end

-- The end of a worker's lease while it stands, else nil.
local function lease_of(worker)
  local lease_end = tonumber(redis.call('ZSCORE', WORKERS, worker) or nil)
  if lease_end and lease_end > now then return lease_end end
  return nil
end

local function is_paused(what) return redis.call('HEXISTS', PAUSES, what) == 1 end
