-- Says how many members a room has on this server, and hears how many it has on all.
-- KEYS: the room's table. ARGV: the server's name; how many members it has.
local now = tonumber(redis.call('TIME')[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. now + 6)
redis.call('EXPIRE', KEYS[1], 6)
local members, servers = 0, 0
local table = redis.call('HGETALL', KEYS[1])
for i = 1, #table, 2 do
  local count, till = table[i + 1]:match('(%d+) (%d+)')
  if tonumber(till) < now then
    redis.call('HDEL', KEYS[1], table[i])
  else
    members, servers = members + count, servers + 1
  end
end
return {members, servers}
