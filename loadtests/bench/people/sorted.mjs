/**
 * Sorts the tables of names in a directory once, at the end. The service keeps them sorted all the time, which
 * takes many times longer for a million people and ends with the same tables.
 */
const TABLES = {
  word: 'word TEXT NOT NULL, weight INTEGER NOT NULL, number INTEGER NOT NULL',
  trigram: 'trigram TEXT NOT NULL, number INTEGER NOT NULL',
}
const KEYS = { word: 'word, weight, number', trigram: 'trigram, number' }

/** @typedef {keyof typeof TABLES} Name */
const NAMES = /** @type {Name[]} */ (Object.keys(TABLES))

/** The service's statement of a table with its key. @param {Name} name */
const keyed = (name) => `CREATE TABLE ${name} (${TABLES[name]}, PRIMARY KEY (${KEYS[name]})) WITHOUT ROWID`

/**
 * @param {import('@beseda/event-log').ViewDefinition} definition
 * @returns {import('@beseda/event-log').ViewDefinition}
 */
export function withoutOrder(definition) {
  const schema = NAMES.reduce((before, name) => {
    if (!before.includes(keyed(name))) throw new Error(`the directory's table ${name} has changed`)
    return before.replace(keyed(name), `CREATE TABLE ${name} (${TABLES[name]})`)
  }, definition.schema)
  return { ...definition, schema }
}

/** @param {import('@beseda/event-log').SqliteView} view */
export function putInOrder(view) {
  for (const name of NAMES) {
    view.run(`ALTER TABLE ${name} RENAME TO unordered_${name}`)
    view.run(keyed(name))
    view.run(`INSERT INTO ${name} SELECT * FROM unordered_${name} ORDER BY ${KEYS[name]}`)
    view.run(`DROP TABLE unordered_${name}`)
  }
}
