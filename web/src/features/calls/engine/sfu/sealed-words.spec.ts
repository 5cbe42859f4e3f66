import { expect, test } from 'vitest'
import { SealedWords } from './sealed-words.js'

const keyOf = (byte: number) =>
  crypto.subtle.importKey('raw', new Uint8Array(32).fill(byte), 'HKDF', false, ['deriveKey'])

async function two() {
  const [ann, bob] = [new SealedWords('ann', () => 1_000), new SealedWords('bob', () => 1_000)]
  for (const each of [ann, bob]) {
    await each.learn('ann', 3, await keyOf(1))
    await each.learn('bob', 3, await keyOf(2))
  }
  return { ann, bob }
}

test('words arrive as they were said, one after another', async () => {
  const { ann, bob } = await two()
  expect(await ann.seal('too soon')).toBeUndefined()
  ann.use(3)
  const said = [await ann.seal('one'), await ann.seal('two\nlines')]
  expect(await bob.open('ann', said[0]!)).toBe('one')
  expect(await bob.open('ann', said[1]!)).toBe('two\nlines')
})

test('nobody speaks for somebody else, and nothing is heard twice, or changed', async () => {
  const { ann, bob } = await two()
  ann.use(3)
  const [first, second] = [(await ann.seal('one'))!, (await ann.seal('two'))!]
  expect(await bob.open('bob', first)).toBeUndefined()
  expect(
    await bob.open(
      'ann',
      first.map((byte, at) => (at === first.length - 1 ? byte ^ 1 : byte)),
    ),
  ).toBeUndefined()
  expect(await bob.open('ann', second)).toBe('two')
  expect(await bob.open('ann', second)).toBeUndefined()
  expect(await bob.open('ann', first)).toBeUndefined()
  expect(await bob.open('ann', new Uint8Array())).toBeUndefined()
  expect(await bob.open('ann', new TextEncoder().encode('plain'))).toBeUndefined()
})

test('what is said with a key that was replaced is not heard', async () => {
  const { ann, bob } = await two()
  ann.use(3)
  await bob.learn('ann', 3, await keyOf(9))
  expect(await bob.open('ann', (await ann.seal('one'))!)).toBeUndefined()
})
