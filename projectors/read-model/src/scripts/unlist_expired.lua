-- Takes orders out of all lists whose time is over.
-- KEYS  which version of every order is listed; when orders go out of all lists; the lists
-- ARGV  the unix time in seconds; how many at most
-- Gives how many those were. An event that comes after all lists its order again.
local over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, order in ipairs(over) do
  redis.call('HDEL', KEYS[1], order)
  for i = 2, #KEYS do
    redis.call('ZREM', KEYS[i], order)
  end
end
return #over
