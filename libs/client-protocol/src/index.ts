export * from './after-close.js'
export * from './cursor.js'
export * from './lanes.js'
export * from './resume.js'
