/** The values of the chart: their defaults with remarks (values.yaml) and their schema (values.schema.json). */
import { stringify } from 'yaml'
import { OPTIONS } from './template.mjs'

/** @typedef {{ fallback: unknown, description: string, schema: object }} Leaf */
/** @typedef {{ description: string, children: Map<string, Leaf | Group> }} Group */

/** @param {unknown} value */
function schemaOf(value) {
  if (typeof value === 'number') return { type: 'integer', minimum: 0 }
  if (Array.isArray(value)) return { type: 'array' }
  return { type: typeof value }
}

const isGroup = (/** @type {Leaf | Group} */ node) => 'children' in node

export class Values {
  /** @type {Group} */
  #root = { description: '', children: new Map() }

  /** Says what a group of values is for. @param {string} path @param {string} description */
  group(path, description) {
    this.#group(path.split('.')).description = description
  }

  /**
   * Adds a value and returns how a template reads it. The same value may be read in several places if all have the same default.
   * @param {string} path @param {unknown} fallback @param {string} description @param {object} [schema]
   */
  add(path, fallback, description, schema = {}) {
    const parts = path.split('.')
    const name = parts.pop() ?? ''
    const { children } = this.#group(parts)
    const known = children.get(name)
    if (known && JSON.stringify(/** @type {Leaf} */ (known).fallback) !== JSON.stringify(fallback))
      throw new Error(`${path} has two defaults: ${JSON.stringify([known, fallback])}`)
    if (!known) children.set(name, { fallback, description, schema })
    return `.Values.${path}`
  }

  /** @param {readonly string[]} parts */
  #group(parts) {
    let at = this.#root
    for (const part of parts) {
      const next = at.children.get(part) ?? { description: '', children: new Map() }
      if (!isGroup(next)) throw new Error(`${parts.join('.')} is a value`)
      at.children.set(part, next)
      at = /** @type {Group} */ (next)
    }
    return at
  }

  yaml() {
    return yamlOf(this.#root, '')
  }

  schema() {
    const { properties, ...root } = schemaOfGroup(this.#root)
    const title = 'Values of the chart beseda'
    // Helm puts it there when the chart is part of another one.
    const global = { type: 'object' }
    return {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title,
      ...root,
      properties: { global, ...properties },
    }
  }
}

/** @param {Group} group @returns {{ properties: object }} */
function schemaOfGroup({ description, children }) {
  const properties = Object.fromEntries(
    [...children].map(([name, node]) => [name, isGroup(node) ? schemaOfGroup(node) : schemaOfLeaf(node)]),
  )
  return { ...(description && { description }), type: 'object', additionalProperties: false, properties }
}

const schemaOfLeaf = (/** @type {Leaf} */ { fallback, description, schema }) => ({
  description,
  ...schemaOf(fallback),
  ...schema,
  default: fallback,
})

/** @param {Group} group @param {string} indent @returns {string} */
const yamlOf = ({ children }, indent) =>
  [...children]
    .map(([name, node]) => {
      const remark = node.description ? `${indent}# ${node.description}\n` : ''
      if (isGroup(node)) return `${remark}${indent}${name}:\n${yamlOf(node, `${indent}  `)}`
      const text = stringify({ [name]: node.fallback }, OPTIONS).trimEnd()
      return `${remark}${text.replace(/^/gm, indent)}\n`
    })
    .join('')
