export { foundWords } from './found-words.js'
export { hasRuns, runsToCheck, type SearchWord, searchWords, termsOf } from './terms.js'
