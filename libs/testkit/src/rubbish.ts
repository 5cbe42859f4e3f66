import type { ContentType } from '@beseda/rpc'
import { MAX_FRAME_BYTES } from '@beseda/rules'
import {
  create,
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  type DescOneof,
  type Message,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { TimestampSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'

/** What there is for requests and frames to be about: by the name of a field, what it could really hold. */
export type Known = Readonly<Record<string, readonly string[]>>

const HOSTILE_TEXTS = [
  '',
  ' \n\t ',
  'x'.repeat(4000),
  'ж'.repeat(4001),
  'a'.repeat(20_000),
  '\u0000',
  '\u0001\u007f\u0085',
  '\u202eevil\u2066',
  '\ud800',
  'a\udfff',
  '\u200b\u200d\ufeff',
  `z${'\u0301'.repeat(40)}`,
  '" OR * NEAR(',
  '"*" AND NOT ^x:y {a b}',
  "'; DROP TABLE message; --",
  '%_\\',
  '$.{}[]|',
  '../../etc/passwd',
  'Infinity',
  '-1',
  '1e309',
  '__proto__',
  '<@all> <@admins> <@00000000-0000-0000-0000-000000000000>',
  '👨‍👩‍👧‍👦',
  '☃️'.repeat(900),
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
]
const NUMBERS = [2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n]
const SIGNED_NUMBERS = [-(2 ** 31), -1, 0, 2 ** 31 - 1]
const BIG_NUMBERS = [...NUMBERS, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n]
const SECONDS = [0n, -1n, 253_402_300_799n, 253_402_300_800n, 8_640_000_000_001n, 2n ** 63n - 1n, -(2n ** 63n)]
const WRONG_VALUES = [null, true, -1, 1.5, 1e308, '', '\u0000', 'NaN', '9'.repeat(400), [], {}, [null], { a: [] }]

/** As a message is made of, or as it stands in JSON. */
type Form = 'init' | 'json'
/** What goes into a field: what could really stand there, or what somebody with bad intentions would try. */
type Nature = 'plausible' | 'hostile'

const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values)
const isId = (name: string) => /(^|_)ids?$/.test(name)

class Maker {
  constructor(
    private readonly known: Known,
    private readonly form: Form,
  ) {}

  /** A message that could be, spoilt at two places at most. */
  message(schema: DescMessage, nature: Nature): fc.Arbitrary<object> {
    const made = (fields: readonly DescField[], how: Nature) =>
      fc.record(Object.fromEntries(fields.map((field) => [this.#name(field), this.#field(field, how)])))
    const fields = schema.fields.filter(({ oneof }) => oneof === undefined)
    const names = fields.map((field) => this.#name(field))
    const spoilt = fc.subarray(names, { maxLength: nature === 'hostile' ? Math.min(2, names.length) : 0 })
    const choices = fc.tuple(...schema.oneofs.map((oneof) => this.#choice(oneof, nature)))
    return fc
      .tuple(made(fields, 'plausible'), made(fields, 'hostile'), spoilt, choices)
      .map(([good, bad, chosen, chosenOf]) => {
        const all = { ...good, ...Object.fromEntries(chosen.map((name) => [name, bad[name]])) }
        const set = Object.entries(all).filter(([, value]) => value !== undefined)
        return Object.assign(Object.fromEntries(set), ...chosenOf)
      })
  }

  /** One of the fields of a oneof. */
  #choice({ localName, fields }: DescOneof, nature: Nature): fc.Arbitrary<object> {
    return oneOf(fields).chain((field) =>
      this.#single(field, nature).map((value) =>
        this.form === 'json' ? { [this.#name(field)]: value } : { [localName]: { case: field.localName, value } },
      ),
    )
  }

  #name(field: DescField): string {
    return this.form === 'json' ? field.jsonName : field.localName
  }

  #field(field: DescField, nature: Nature): fc.Arbitrary<unknown> {
    const wrong = { weight: 1, arbitrary: oneOf<unknown>(WRONG_VALUES) }
    if (nature === 'hostile') {
      return fc.oneof({ weight: 4, arbitrary: this.#list(field, nature) }, ...(this.form === 'json' ? [wrong] : []))
    }
    return fc.option(this.#list(field, nature), { nil: undefined, freq: isId(field.name) ? 25 : 2 })
  }

  #list(field: DescField, nature: Nature): fc.Arbitrary<unknown> {
    const item = this.#single(field, nature)
    if (field.fieldKind !== 'list') return item
    const huge = fc.tuple(item, oneOf([999, 1001, 1500])).map(([one, count]) => Array(count).fill(one))
    if (nature === 'hostile') return fc.oneof(fc.array(item, { maxLength: 4 }), huge)
    return fc.uniqueArray(item, { minLength: 1, maxLength: 3 })
  }

  #single(field: DescField, nature: Nature): fc.Arbitrary<unknown> {
    if (field.message?.typeName === TimestampSchema.typeName) return this.#timestamp(nature)
    if (field.message) return this.message(field.message, nature)
    if (field.enum) {
      const defined = field.enum.values.map(({ number }) => number)
      return oneOf(nature === 'plausible' ? defined : [...defined, 99, 2 ** 31 - 1])
    }
    return this.#scalar(field, nature)
  }

  #scalar({ name, scalar }: DescField, nature: Nature): fc.Arbitrary<unknown> {
    const isHostile = nature === 'hostile'
    switch (scalar) {
      case ScalarType.STRING:
        return isHostile ? this.#hostileText() : this.#plausibleText(name)
      case ScalarType.BOOL:
        return fc.boolean()
      case ScalarType.BYTES:
        return fc
          .uint8Array({ maxLength: isHostile ? 200 : 64 })
          .map((bytes) => (this.form === 'json' ? Buffer.from(bytes).toString('base64') : bytes))
      case ScalarType.INT32:
      case ScalarType.SINT32:
        return oneOf(isHostile ? SIGNED_NUMBERS : [-1, 0, 1, 5])
      case ScalarType.UINT32:
        return oneOf(isHostile ? NUMBERS : [0n, 1n, 5n, 50n]).map(Number)
      case ScalarType.UINT64:
        return oneOf(isHostile ? BIG_NUMBERS : [0n, 0n, 1n, 5n]).chain((n) => this.#number(n))
      default:
        throw new Error(`${name}: the contract has a scalar that this test does not know`)
    }
  }

  #number(value: bigint): fc.Arbitrary<unknown> {
    return fc.constant(this.form === 'json' ? String(value) : value)
  }

  #plausibleText(name: string): fc.Arbitrary<string> {
    const known = this.known[name]
    const fresh = name === 'username' ? fc.uuid().map((id) => `u${id.slice(-12)}`) : fc.uuid()
    if (known && !['username', 'message_id', 'call_id'].includes(name)) return oneOf(known)
    if (known) return fc.oneof(oneOf(known), fresh)
    return isId(name) ? fresh : oneOf(['Chess', 'Ёж', 'en', 'two words', ''])
  }

  #hostileText(): fc.Arbitrary<string> {
    return fc.oneof(
      { weight: 6, arbitrary: oneOf(HOSTILE_TEXTS) },
      { weight: 1, arbitrary: oneOf(Object.values(this.known).flat()) },
      { weight: 1, arbitrary: fc.uuid() },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
    )
  }

  #timestamp(nature: Nature): fc.Arbitrary<unknown> {
    const texts = ['1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z', 'yesterday', '']
    const good = { seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: 0 }
    if (nature === 'plausible') return fc.constant(this.form === 'json' ? new Date().toISOString() : good)
    if (this.form === 'json') return oneOf(texts)
    return fc.record({ seconds: oneOf(SECONDS), nanos: oneOf([0, 999_999_999, -1, 2 ** 31 - 1]) })
  }
}

/** One request as it comes in. */
export interface Request {
  readonly contentType: ContentType
  readonly payload: Uint8Array
}

const proto = (payload: Uint8Array): Request => ({ contentType: 'application/proto', payload })
const json = (text: string): Request => ({ contentType: 'application/json', payload: new TextEncoder().encode(text) })

const binaryOf = (schema: DescMessage, known: Known, nature: Nature): fc.Arbitrary<Uint8Array> =>
  new Maker(known, 'init').message(schema, nature).map((init) => toBinary(schema, create(schema, init as Message)))
const jsonOf = (input: DescMessage, known: Known): fc.Arbitrary<string> =>
  new Maker(known, 'json').message(input, 'hostile').map((value) => JSON.stringify(value))

/** One field empty again and again, until the frame is full: a list of the message, or a field that nobody knows. */
const crowded = (input: DescMessage, known: Known): fc.Arbitrary<Uint8Array> => {
  const lists = input.fields.filter(({ fieldKind }) => fieldKind === 'list').map(({ number }) => number)
  return fc.tuple(binaryOf(input, known, 'plausible'), oneOf([...lists, 99])).map(([start, number]) => {
    const piece = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(0).finish()
    const count = Math.floor((MAX_FRAME_BYTES - start.length) / piece.length)
    return Buffer.concat([start, ...Array<Uint8Array>(count).fill(piece)])
  })
}

/** Bits flipped, ends cut off, pieces doubled. */
function mutated(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const mutation = fc.record({ kind: oneOf(['flip', 'cut', 'double']), at: fc.nat(), much: fc.nat({ max: 40 }) })
  return fc.tuple(bytes, fc.array(mutation, { minLength: 1, maxLength: 3 })).map(([start, mutations]) =>
    mutations.reduce((before, { kind, at, much }) => {
      const place = before.length > 0 ? at % before.length : 0
      if (kind === 'cut') return before.slice(0, place)
      if (kind === 'double') return Buffer.concat([before.slice(0, place + much), before.slice(place)])
      return before.map((byte, i) => (i === place ? byte ^ (1 << (much % 8)) : byte))
    }, start),
  )
}

/** Every kind of rubbish, and how often it is tried on a method. */
export const KINDS: readonly {
  readonly name: string
  readonly runs: number
  readonly of: (method: DescMethodUnary, known: Known) => fc.Arbitrary<Request>
}[] = [
  { name: 'random bytes', runs: 10, of: () => fc.uint8Array({ maxLength: 300 }).map(proto) },
  {
    name: 'random bytes as JSON',
    runs: 10,
    of: () => fc.uint8Array({ maxLength: 100 }).map((payload) => ({ contentType: 'application/json', payload })),
  },
  { name: 'random JSON', runs: 10, of: () => fc.json({ maxDepth: 4 }).map(json) },
  { name: 'hostile JSON', runs: 20, of: ({ input }, known) => jsonOf(input, known).map(json) },
  { name: 'hostile values', runs: 20, of: ({ input }, known) => binaryOf(input, known, 'hostile').map(proto) },
  {
    name: 'mutated bytes',
    runs: 20,
    of: ({ input }, known) => mutated(binaryOf(input, known, 'plausible')).map(proto),
  },
  { name: 'a full frame', runs: 3, of: ({ input }, known) => crowded(input, known).map(proto) },
]

/** A message of the contract as somebody with bad intentions sends it: with values that nobody would choose, and with bytes that are wrong. */
export const rubbishOf = (schema: DescMessage, known: Known): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    binaryOf(schema, known, 'plausible'),
    { weight: 3, arbitrary: binaryOf(schema, known, 'hostile') },
    mutated(binaryOf(schema, known, 'plausible')),
  )
