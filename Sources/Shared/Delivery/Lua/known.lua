-- known.lua: a page of the jobs that are known here, by whichever of the two hashes: some may come twice.
-- ARGV[1] jobs | holders     ARGV[2] cursor, 0 to begin     ARGV[3] about how many
-- returns {next cursor, 0 at the end, job …}
local page = redis.call('HSCAN', ARGV[1] == 'jobs' and JOBS or HOLDERS, ARGV[2], 'COUNT', ARGV[3])
local reply = { page[1] }
for index = 1, #page[2], 2 do reply[#reply + 1] = page[2][index] end
return reply
