/** @import { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf' */
/** @import { Contract } from './options.mjs' */
/** @import { Schema } from './rules.mjs' */
import { ScalarType } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { commentOf } from './options.mjs'
import { isRequired, schemaOfRules } from './rules.mjs'

const WHOLE_64 = { type: 'string', pattern: '^-?[0-9]+$' }
/** The types of the JSON mapping of Protobuf. @type {Readonly<Record<number, Schema>>} */
const SCALARS = {
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
  [ScalarType.DOUBLE]: { type: 'number', format: 'double' },
  [ScalarType.FLOAT]: { type: 'number', format: 'float' },
  [ScalarType.INT32]: { type: 'integer', format: 'int32' },
  [ScalarType.SINT32]: { type: 'integer', format: 'int32' },
  [ScalarType.UINT32]: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 },
  [ScalarType.INT64]: { ...WHOLE_64, format: 'int64' },
  [ScalarType.UINT64]: { ...WHOLE_64, format: 'uint64' },
}

/** Fields that are `optional`, in a choice, or messages: without a value they are not there, rather than empty. @param {DescField} field */
const isOptional = (field) =>
  field.oneof !== undefined ||
  field.fieldKind === 'message' ||
  ((field.fieldKind === 'scalar' || field.fieldKind === 'enum') && field.presence === FeatureSet_FieldPresence.EXPLICIT)

const refTo = (/** @type {DescMessage | DescEnum} */ type) => ({ $ref: `#/components/schemas/${type.typeName}` })
const WELL_KNOWN = /** @type {Readonly<Record<string, Schema>>} */ ({
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
})

/** Every message that is named by others, with the enumerations in it, as `#/components/schemas`. */
export class Schemas {
  /** @type {Record<string, Schema>} */
  #made = {}
  /** Names of messages that answers have, too: they may leave out what a request may not. @type {Set<string>} */
  #answered = new Set()
  /** @param {Contract} contract */
  constructor(contract) {
    this.contract = contract
  }

  /** Sorted by name, so that a change of the contract is a change of one place. */
  get all() {
    return Object.fromEntries(Object.entries(this.#made).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Before the first `of`: whatever this message names stands in answers. @param {DescMessage} message */
  answers(message) {
    if (this.#answered.has(message.typeName)) return
    this.#answered.add(message.typeName)
    for (const { message: inner } of message.fields) if (inner) this.answers(inner)
  }

  /** A reference to the schema of a type. @param {DescMessage | DescEnum} type @returns {Schema} */
  of(type) {
    const known = WELL_KNOWN[type.typeName]
    if (known) return known
    if (!(type.typeName in this.#made)) {
      // First, because messages may name themselves.
      this.#made[type.typeName] = {}
      Object.assign(this.#made[type.typeName] ?? {}, type.kind === 'enum' ? enumSchema(type) : this.#message(type))
    }
    return refTo(type)
  }

  /** @param {DescMessage} message @returns {Schema} */
  #message(message) {
    const isAnswer = this.#answered.has(message.typeName)
    const required = message.fields.filter(
      (field) => !isAnswer && isRequired(this.contract.rulesOf(field), isOptional(field)),
    )
    return {
      type: 'object',
      ...described(commentOf(message), choicesOf(message)),
      properties: Object.fromEntries(message.fields.map((field) => [field.jsonName, this.#field(field, isAnswer)])),
      ...(required.length > 0 ? { required: required.map(({ jsonName }) => jsonName) } : {}),
    }
  }

  /** @param {DescField} field @param {boolean} isAnswer @returns {Schema} */
  #field(field, isAnswer) {
    const rules = this.contract.rulesOf(field)
    const { value, array } = schemaOfRules(isAnswer ? undefined : rules)
    const one = { ...this.#value(field), ...value }
    const description = described(commentOf(field))
    if (field.fieldKind === 'list') return { type: 'array', ...description, items: one, ...array }
    if (field.fieldKind === 'map') return { type: 'object', ...description, additionalProperties: one }
    return { ...one, ...description }
  }

  /** The schema of one value of a field. @param {DescField} field @returns {Schema} */
  #value(field) {
    if (field.message) return this.of(field.message)
    if (field.enum) return this.of(field.enum)
    const scalar = SCALARS[/** @type {number} */ (field.scalar)]
    if (!scalar) throw new Error(`${field.parent.typeName}.${field.name} has a type without a schema`)
    return scalar
  }
}

/** @param {DescEnum} type @returns {Schema} */
function enumSchema(type) {
  const lines = type.values.flatMap((value) => {
    const comment = commentOf(value)
    return comment ? [`- \`${value.name}\`: ${comment}`] : []
  })
  return { type: 'string', ...described(commentOf(type), ...lines), enum: type.values.map(({ name }) => name) }
}

/** @param {DescMessage} message */
const choicesOf = (message) =>
  message.oneofs
    .map(({ fields }) => `At most one of ${fields.map(({ jsonName }) => `\`${jsonName}\``).join(', ')}.`)
    .join(' ')

/** @param {(string | undefined)[]} lines */
function described(...lines) {
  const description = lines.filter(Boolean).join('\n')
  return description === '' ? {} : { description }
}
