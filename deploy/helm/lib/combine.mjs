import { entriesIf, hole, itemsIf } from './template.mjs'

/**
 * Two renderings of the same object as one: what differs stands on the condition under which the second one is installed. Items of lists are
 * told apart by their name; other lists, and texts that differ, are there twice.
 * @param {any} plain @param {any} other @param {string} condition @returns {any}
 */
export function combine(plain, other, condition) {
  if (JSON.stringify(plain) === JSON.stringify(other)) return plain
  if (Array.isArray(plain) && Array.isArray(other)) return combineLists(plain, other, condition)
  if (isMap(plain) && isMap(other)) return combineMaps(plain, other, condition)
  if (typeof plain === 'string' && typeof other === 'string')
    return hole(`ternary ${JSON.stringify(other)} ${JSON.stringify(plain)} ${condition} | quote`)
  throw new Error(`cannot be combined: ${JSON.stringify([plain, other])}`)
}

/** @param {any} value */
const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)

/** @param {Record<string, any>} plain @param {Record<string, any>} other @param {string} condition */
function combineMaps(plain, other, condition) {
  const gone = Object.keys(plain).filter((key) => !(key in other))
  if (gone.length > 0) throw new Error(`only without the condition: ${gone.join(', ')}`)
  const both = Object.entries(plain).map(([key, value]) => [key, combine(value, other[key], condition)])
  const added = Object.entries(other).filter(([key]) => !(key in plain))
  return { ...Object.fromEntries(both), ...(added.length > 0 && entriesIf(condition, Object.fromEntries(added))) }
}

/** @param {readonly any[]} plain @param {readonly any[]} other @param {string} condition */
function combineLists(plain, other, condition) {
  const nameOf = (/** @type {any} */ item) => (isMap(item) ? item.name : undefined)
  const isNamed = [...plain, ...other].every((item) => nameOf(item) !== undefined)
  if (!isNamed && plain.length === other.length) return plain.map((item, i) => combine(item, other[i], condition))
  if (!isNamed) return [...itemsIf(`not ${condition}`, ...plain), ...itemsIf(condition, ...other)]
  const both = plain.map((item) => {
    const twin = other.find((one) => nameOf(one) === nameOf(item))
    if (!twin) throw new Error(`only without the condition: ${nameOf(item)}`)
    return combine(item, twin, condition)
  })
  const added = other.filter((item) => !plain.some((one) => nameOf(one) === nameOf(item)))
  return added.length > 0 ? [...both, ...itemsIf(condition, ...added)] : both
}
