export * from './after-close.js'
export * from './lanes.js'
export * from './resume.js'
export * from './signal-stream.js'
