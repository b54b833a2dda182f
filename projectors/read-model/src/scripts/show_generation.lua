-- Points readers to a generation, if its builder still holds the claim and the pointer is where the rebuild found it.
-- A FLUSHALL takes the claim away: what was built before it is not there any more.
-- KEYS  the pointer, the claim
-- ARGV  the pointer as the rebuild found it ('' = none), who claimed, the new pointer
-- Gives 1, or 0.
if redis.call('GET', KEYS[2]) ~= ARGV[2] or (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[3])
redis.call('DEL', KEYS[2])
return 1
