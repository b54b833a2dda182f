-- Replaces a request if it still is the one that the new one was folded from, with the sets of its people, and gives the
-- change a revision (as replace_with_revision.lua does).
-- KEYS  the document, the revision, the set of changes, the set of its supporters, the set of its followers,
--       the set of those whose data was erased
-- ARGV  the version folded from ('' = no document); the request; what the keys of people's requests begin with; who
--       submitted it; 1 if everybody is named who has to do with it, 0 if the sets have the others; how many fields and
--       values; field, value, …; what, who, …
-- Gives 1, or 0 when the document moved underneath.
--
-- The keys of people's requests are in the slot of the others, and too many to be named.
if (redis.call('HGET', KEYS[1], 'versions') or '') ~= ARGV[1] then
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local revision = math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0') + 1)
local text = string.format('%.0f', revision)

local named = {}
if ARGV[5] == '1' then
  for i = 4, 5 do
    for _, who in ipairs(redis.call('SMEMBERS', KEYS[i])) do
      named[who] = true
    end
    redis.call('DEL', KEYS[i])
  end
  redis.call('DEL', KEYS[6])
  if ARGV[4] ~= '' then
    named[ARGV[4]] = true
  end
end
local fields = tonumber(ARGV[6])
for i = 7 + fields, #ARGV, 2 do
  local what, who = ARGV[i], ARGV[i + 1]
  named[who] = true
  if what == 'supports' then
    redis.call('SADD', KEYS[4], who)
  elseif what == 'withdraws' then
    redis.call('SREM', KEYS[4], who)
  elseif what == 'follows' then
    redis.call('SADD', KEYS[5], who)
  elseif what == 'leaves' then
    redis.call('SREM', KEYS[5], who)
  elseif what == 'erased' then
    redis.call('SADD', KEYS[6], who)
  end
end
for who in pairs(named) do
  local letters = ''
  if redis.call('SISMEMBER', KEYS[6], who) == 0 then
    if who == ARGV[4] then letters = letters .. 'c' end
    if redis.call('SISMEMBER', KEYS[4], who) == 1 then letters = letters .. 's' end
    if redis.call('SISMEMBER', KEYS[5], who) == 1 then letters = letters .. 'f' end
  end
  if letters == '' then
    redis.call('HDEL', ARGV[3] .. who, ARGV[2])
  else
    redis.call('HSET', ARGV[3] .. who, ARGV[2], letters)
  end
end

redis.call('SET', KEYS[2], text)
redis.call('HSET', KEYS[1], 'rev', text, 'supporters', redis.call('SCARD', KEYS[4]), 'followers',
  redis.call('SCARD', KEYS[5]), unpack(ARGV, 7, 6 + fields))
redis.call('ZADD', KEYS[3], text, ARGV[2])
return 1
