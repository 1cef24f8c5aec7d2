-- pauses.lua: what is paused, as the record says. After keys.lua.

local function paused_names()
  local names = {}
  for _, name in ipairs(redis.call('HKEYS', PAUSES)) do
    if name ~= 'revision' then names[#names + 1] = name end
  end
  return names
end

-- Takes over a list of pauses, names[first...], unless a newer one is known. Returns the revision that is known then, and
-- what was paused before and is no longer.
local function write_pauses(revision, names, first)
  local known = tonumber(redis.call('HGET', PAUSES, 'revision') or '-1')
  if known > revision then return known, {} end
  local resumed, paused = {}, {}
  for index = first, #names do paused[names[index]] = true end
  for _, name in ipairs(paused_names()) do
    if not paused[name] then resumed[#resumed + 1] = name end
  end
  redis.call('DEL', PAUSES)
  redis.call('HSET', PAUSES, 'revision', whole(revision))
  for name in pairs(paused) do redis.call('HSET', PAUSES, name, 1) end
  return revision, resumed
end
