import { at, put } from '../lib/objects.mjs'
import { block, hole } from '../lib/template.mjs'

/** What the holes are cut into: the objects, their values, and the conditions on which they are installed. */
export class Chart {
  /** @type {Map<import('../lib/objects.mjs').KubeObject, string>} */
  conditions = new Map()

  /** @param {import('../lib/objects.mjs').Objects} objects @param {import('../lib/values.mjs').Values} values */
  constructor(objects, values) {
    this.objects = objects
    this.values = values
  }

  /** What is in this place becomes a value, whose default it is. @param {object} object @param {string} place @param {string} path @param {string} description @param {object} [schema] */
  cut(object, place, path, description, schema) {
    const found = at(object, place)
    const read = this.values.add(path, found, description, schema)
    put(object, place, templateOf(found, read))
  }

  /** The same for a number that the object has as text. @param {object} object @param {string} place @param {string} path @param {string} description @param {object} [schema] */
  cutNumber(object, place, path, description, schema) {
    const read = this.values.add(path, Number(at(object, place)), description, schema)
    put(object, place, hole(`${read} | int | quote`))
  }

  /** Objects that are installed only on a condition; several conditions must all hold. @param {string} condition @param {readonly (object | undefined)[]} objects */
  only(condition, ...objects) {
    for (const object of objects) {
      const known = this.conditions.get(/** @type {any} */ (object))
      this.conditions.set(/** @type {any} */ (object), known ? `and (${known}) (${condition})` : condition)
    }
  }
}

/** @param {unknown} found @param {string} read */
function templateOf(found, read) {
  if (typeof found === 'number') return hole(`${read} | int`)
  if (typeof found === 'string') return hole(`${read} | quote`)
  return block(`toYaml ${read}`)
}
