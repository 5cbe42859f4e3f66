import { describe, expect, test } from 'vitest'
import { isRequired, schemaOfRules } from './rules.mjs'

const text = (rules: object) => ({
  type: { case: 'string', value: { wellKnown: { case: undefined }, minLen: 0n, len: 0n, pattern: '', ...rules } },
})
const uuid = { wellKnown: { case: 'uuid', value: true } }

describe('the schema of rules', () => {
  test.each([
    [text(uuid), { format: 'uuid' }],
    [text({ minLen: 1n, maxLen: 64n }), { minLength: 1, maxLength: 64 }],
    [text({ len: 22n }), { minLength: 22, maxLength: 22 }],
    [
      { type: { case: 'uint32', value: { lessThan: { case: 'lte', value: 100 }, greaterThan: { case: undefined } } } },
      { maximum: 100 },
    ],
    [
      {
        type: {
          case: 'sint32',
          value: { lessThan: { case: 'lt', value: 9 }, greaterThan: { case: 'gte', value: -9 } },
        },
      },
      { exclusiveMaximum: 9, minimum: -9 },
    ],
    [undefined, {}],
  ])('%#', (rules, value) => expect(schemaOfRules(rules)).toEqual({ value, array: {} }))

  test('of a list: its own, and those of each of its items', () => {
    const rules = { type: { case: 'repeated', value: { minItems: 1n, maxItems: 8n, unique: true, items: text(uuid) } } }
    expect(schemaOfRules(rules)).toEqual({
      value: { format: 'uuid' },
      array: { minItems: 1, maxItems: 8, uniqueItems: true },
    })
  })
})

test.each([
  ['no rules', undefined, false],
  ['an id', text(uuid), true],
  ['an id that may be empty', { ...text(uuid), ignore: 1 }, false],
  ['what says so itself', { required: true, type: { case: undefined } }, true],
  ['a text that may be empty', text({ maxLen: 9n }), false],
  ['a text with a least length', text({ minLen: 1n }), true],
  ['a pattern without the empty text', text({ pattern: '^a+$' }), true],
  ['a pattern with it', text({ pattern: '^a*$' }), false],
  ['a list with a least length', { type: { case: 'repeated', value: { minItems: 1n } } }, true],
  ['bytes of one length', { type: { case: 'bytes', value: { minLen: 0n, len: 32n } } }, true],
])('%s: required or not', (_, rules, expected) => expect(isRequired(rules)).toBe(expected))
