/** @typedef {Record<string, any>} Rules buf.validate.FieldRules, and those of one type */
/** @typedef {Record<string, unknown>} Schema */

const IGNORE_IF_ZERO = 1

/** JSON Schema of the rules of a text. @param {Rules} rules @returns {Schema} */
function textSchema({ wellKnown, minLen, maxLen, len, pattern, const: only }) {
  const [least, most] = len ? [len, len] : [minLen, maxLen]
  return {
    ...(wellKnown?.case === 'uuid' && wellKnown.value ? { format: 'uuid' } : {}),
    ...(wellKnown?.case === 'uri' && wellKnown.value ? { format: 'uri' } : {}),
    ...(least ? { minLength: Number(least) } : {}),
    ...(most ? { maxLength: Number(most) } : {}),
    ...(pattern ? { pattern } : {}),
    ...(only ? { const: only } : {}),
  }
}

/** JSON Schema of the rules of a number. @param {Rules} rules @returns {Schema} */
function numberSchema({ lessThan, greaterThan }) {
  const names = /** @type {Record<string, string>} */ ({
    lt: 'exclusiveMaximum',
    lte: 'maximum',
    gt: 'exclusiveMinimum',
    gte: 'minimum',
  })
  const limits = [lessThan, greaterThan].filter((limit) => limit?.case !== undefined)
  return Object.fromEntries(limits.map((limit) => [names[limit.case], Number(limit.value)]))
}

/**
 * What the rules of one value add to its schema; `array`: what they say of the list of them. A default value that the rules ignore is not sent, so it needs no place in
 * the schema. @param {Rules | undefined} rules @returns {{ value: Schema, array: Schema }}
 */
export function schemaOfRules(rules) {
  const { case: kind, value: inner } = rules?.type ?? {}
  if (kind === 'repeated') {
    const { minItems, maxItems, unique, items } = inner
    const array = {
      ...(minItems ? { minItems: Number(minItems) } : {}),
      ...(maxItems ? { maxItems: Number(maxItems) } : {}),
      ...(unique ? { uniqueItems: true } : {}),
    }
    return { value: schemaOfRules(items).value, array }
  }
  if (kind === 'string') return { value: textSchema(inner), array: {} }
  if (/^[su]?int32$/.test(kind ?? '')) return { value: numberSchema(inner), array: {} }
  return { value: {}, array: {} }
}

/**
 * Whether a request without the field is refused: a value that is left out is the default, which the rules do not take. `isOptional`: whether the
 * field tells that it is left out, in which case its rules are not asked. @param {Rules | undefined} rules @param {boolean} [isOptional]
 */
export function isRequired(rules, isOptional = false) {
  if (!rules) return false
  if (rules.required) return true
  if (isOptional) return false
  if (rules.ignore === IGNORE_IF_ZERO) return false
  const { case: kind, value: inner } = rules.type ?? {}
  if (kind === 'string') {
    const isNamed = inner.wellKnown?.case !== undefined && inner.wellKnown.value === true
    return (
      isNamed || inner.minLen > 0n || inner.len > 0n || (inner.pattern !== '' && !new RegExp(inner.pattern).test(''))
    )
  }
  if (kind === 'bytes') return inner.minLen > 0n || inner.len > 0n
  return kind === 'repeated' && inner.minItems > 0n
}
