export * from './deal.js'
export * from './every.js'
export * from './next-round.js'
export * from './serial-queue.js'
