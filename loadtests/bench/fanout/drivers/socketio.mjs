import { startRedis } from '@beseda/testkit'
import { PLAIN, spawned } from './spawned.mjs'

/**
 * Socket.IO at its best: on its uWebSockets.js engine, and with its sharded Redis adapter. Another server of the same cluster, which has no
 * clients, publishes through Redis. @type {import('./index.mjs').Driver}
 */
export const socketio = {
  name: 'Socket.IO, uWebSockets.js engine, sharded Redis adapter',
  start: async () => {
    const redis = await startRedis()
    const env = { REDIS_URL: redis.url }
    const [server, publisher] = await Promise.all([spawned('socketio.mjs', env), spawned('socketio.mjs', env)])
    return {
      pids: [server.pid],
      order: {
        ...PLAIN,
        port: server.port,
        path: '/socket.io/?EIO=4&transport=websocket',
        greetings: [Buffer.from('40').toString('base64')],
        liveWhen: '40{',
      },
      publish: publisher.publish,
      stop: async () => {
        await Promise.all([server.stop(), publisher.stop()])
        await redis.stop()
      },
    }
  },
}
