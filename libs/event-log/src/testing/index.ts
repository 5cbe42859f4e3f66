export * from './view-law.js'
