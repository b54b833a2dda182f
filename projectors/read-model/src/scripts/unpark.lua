-- Takes an aggregate out of the parked ones, if nothing more was parked in between.
-- KEYS  the record, the parked aggregates, the aggregate's list, the discarded aggregates, the partition's in-carts
--       counts
-- ARGV  `parked` as it was read; the aggregate; the sequence to discard up to ('' = it was applied); SKU and change, …
-- Gives 1, or 0 when something moved. The record's `parked` moves too, so that the partition's task reads it all again.
if (redis.call('HGET', KEYS[1], 'parked') or '') ~= ARGV[1] then
  return 0
end
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[3])
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
end
for i = 4, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[5], ARGV[i], ARGV[i + 1])
end
redis.call('HINCRBY', KEYS[1], 'parked', 1)
return 1
