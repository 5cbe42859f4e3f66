export * from './digits.js'
export * from './fingerprint.js'
export * from './statement.js'
