export * from './coturn.js'
export * from './nats.js'
export * from './ports.js'
export * from './redis.js'
