-- Moves a partition's record past a batch, with everything that must change exactly once with it.
-- KEYS  the record, the parked aggregates, the partition's in-carts counts (carts), the revision (products,
--       requests) or the record again (orders), one list per parked event
-- ARGV  offset, position and parked as they were when the batch began; the new offset and position;
--       the channel to publish the revision on ('' = do not); n; n times SKU and change;
--       per parked event: aggregate, why, the event
-- Gives the record's new `parked`, or -1 when the record is not where the batch began: the partition is someone else's.
local record = redis.call('HMGET', KEYS[1], 'offset', 'position', 'parked')
for i = 1, 3 do
  if (record[i] or '') ~= ARGV[i] then
    return -1
  end
end
redis.call('HSET', KEYS[1], 'offset', ARGV[4], 'position', ARGV[5])

local counts = tonumber(ARGV[7])
for i = 0, counts - 1 do
  redis.call('HINCRBY', KEYS[3], ARGV[8 + 2 * i], ARGV[9 + 2 * i])
end

local parked = tonumber(record[3] or '0')
for i = 4, #KEYS do
  local at = 8 + 2 * counts + 3 * (i - 4)
  redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 1])
  redis.call('RPUSH', KEYS[i], ARGV[at + 2])
  parked = redis.call('HINCRBY', KEYS[1], 'parked', 1)
end

if ARGV[6] ~= '' then
  redis.call('PUBLISH', ARGV[6], redis.call('GET', KEYS[3]) or '0')
end
return parked
