-- Replaces a document if it still is the one that the new one was folded from.
-- KEYS  the document
-- ARGV  the field that says which events are in the document; its value folded from ('' = no document); the unix time in
--       seconds at which nobody needs the document any more ('' = stays); field, value, …
-- Gives 1, or 0 when the document moved underneath.
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
if ARGV[3] ~= '' then
  redis.call('EXPIREAT', KEYS[1], ARGV[3])
else
  redis.call('PERSIST', KEYS[1])
end
return 1
