// Socket.IO in its scaled setup: with its Redis adapter. Messages are published by another process, through Redis.
import { createServer } from 'node:http'
import { createAdapter } from '@socket.io/redis-adapter'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'
import { serve } from './serve.mjs'

const http = createServer()
const redis = new Redis(process.env.REDIS_URL ?? '')
const io = new Server(http, {
  transports: ['websocket'],
  pingInterval: 300_000,
  adapter: createAdapter(redis, redis.duplicate()),
})
io.on('connection', (socket) => void socket.join('room'))
http.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  serve(/** @type {import('node:net').AddressInfo} */ (http.address()).port, () => undefined),
)
