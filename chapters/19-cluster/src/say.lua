-- Puts messages into the streams of their rooms, each message once.
-- KEYS: how many of this server's messages are in; then the stream of each message.
-- ARGV: how many came before these; how many messages a room keeps; then opcode and payload of each.
local confirmed = tonumber(redis.call('GET', KEYS[1]) or 0)
local now = redis.call('TIME')
for i = 2, #KEYS do
  local number = ARGV[1] + i - 1
  if number > confirmed then
    local last = redis.call('XREVRANGE', KEYS[i], '+', '-', 'COUNT', 1)[1]
    local id = last and last[1] or now[1] .. string.format('%06d', now[2]) .. '-0'
    local era, before = id:match('(%d+)-(%d+)')
    redis.call('XADD', KEYS[i], 'MAXLEN', '~', ARGV[2], era .. '-' .. before + 1, ARGV[2 * i - 1], ARGV[2 * i])
    redis.call('EXPIRE', KEYS[i], 7 * 24 * 60 * 60)
    redis.call('SET', KEYS[1], number, 'EX', 24 * 60 * 60)
  end
end
