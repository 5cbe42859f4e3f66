export * from './local-time.js'
export * from './recurrence.js'
export * from './schedule-changes.js'
