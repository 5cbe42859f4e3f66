// One server of a Socket.IO cluster. It publishes to the clients of the other servers, through Redis: its own are none or get nothing.

import uws from 'uWebSockets.js'
import { createShardedAdapter } from '@socket.io/redis-adapter'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'
import { serve } from './serve.mjs'

const app = uws.App()
const redis = new Redis(process.env.REDIS_URL ?? '')
const io = new Server({
  transports: ['websocket'],
  pingInterval: 300_000,
  adapter: createShardedAdapter(redis, redis.duplicate()),
})
io.attachApp(app)
io.on('connection', (socket) => void socket.join('room'))
app.listen('127.0.0.1', 0, (socket) =>
  serve(uws.us_socket_local_port(socket), (bytes) => void io.to('room').emit('m', bytes.toString('latin1'))),
)
