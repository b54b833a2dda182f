-- Takes an aggregate out of the parked ones, if nothing more was parked in between.
-- KEYS  the record, the parked aggregates, the aggregate's list, the partition's in-carts counts, the set of counted
--       parts, the discarded aggregates
-- ARGV  `parked` as it was read; the aggregate; the sequence to discard up to ('' = it was applied); the part's name;
--       SKU and change, …
-- Gives 1, or 0 when something moved. The record's `parked` moves too, so that the partition's task reads it all again.
if (redis.call('HGET', KEYS[1], 'parked') or '') ~= ARGV[1] then
  return 0
end
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[3])
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[6], ARGV[2], ARGV[3])
end
for i = 5, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[4], ARGV[i], ARGV[i + 1])
  redis.call('SADD', KEYS[5], ARGV[4])
end
redis.call('HINCRBY', KEYS[1], 'parked', 1)
return 1
