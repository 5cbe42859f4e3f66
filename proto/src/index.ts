export * from './subjects.js'
