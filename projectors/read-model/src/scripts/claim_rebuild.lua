-- Claims the rebuild of a view, unless somebody else has it.
-- KEYS  the claim, the newest generation number
-- ARGV  the unix time in seconds, the newest generation that is known elsewhere, who claims, for how many milliseconds
-- Gives the new generation's number, greater than any before it; or 0.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
local newest = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[2]))
local generation = math.max(tonumber(ARGV[1]), newest + 1)
redis.call('SET', KEYS[2], string.format('%.0f', generation))
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return generation
