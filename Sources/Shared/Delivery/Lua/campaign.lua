-- campaign.lua: makes a worker the scheduler when there is none, or says whether it is.
-- ARGV[1] worker
-- returns 1 when it is the scheduler now, as long as its lease stands; else 0
if not lease_of(ARGV[1]) then return 0 end
return campaign(ARGV[1])
