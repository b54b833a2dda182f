-- Puts an order into the lists that it belongs to and takes it out of the others, unless a newer version is listed.
-- KEYS  which version of every order is listed; when orders go out of all lists; the lists
-- ARGV  the order, its version, its place in any list; the unix time in seconds at which it goes out of all lists
--       ('' = stays); then for each list 1 if the order belongs there, else 0
-- Gives 1, or 0 when a newer version is listed. Repeating it changes nothing.
local listed = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if listed > tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if ARGV[4] ~= '' then
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
else
  redis.call('ZREM', KEYS[2], ARGV[1])
end
for i = 3, #KEYS do
  if ARGV[i + 2] == '1' then
    redis.call('ZADD', KEYS[i], ARGV[3], ARGV[1])
  else
    redis.call('ZREM', KEYS[i], ARGV[1])
  end
end
return 1
