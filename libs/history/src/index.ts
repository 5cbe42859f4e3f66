export * from './blocks.js'
export * from './group-history.js'
export * from './streams.js'
