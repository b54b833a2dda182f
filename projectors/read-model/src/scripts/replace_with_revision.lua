-- Replaces a product if it still is the one that the new one was folded from, and gives the change a revision.
-- KEYS  the document, the revision, the set of changes
-- ARGV  the versions folded from ('' = no document); the SKU; field, value, …
-- Gives 1, or 0 when the document moved underneath.
--
-- The revision follows the clock and not a counter alone: after Redis forgot its last second no revision is given out
-- twice, so that whoever read up to one has not missed what was written again.
if (redis.call('HGET', KEYS[1], 'versions') or '') ~= ARGV[1] then
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local revision = math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0') + 1)
local text = string.format('%.0f', revision)
redis.call('SET', KEYS[2], text)
redis.call('HSET', KEYS[1], 'rev', text, unpack(ARGV, 3))
redis.call('ZADD', KEYS[3], text, ARGV[2])
return 1
