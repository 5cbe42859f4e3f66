import { expect, test } from 'vitest'
import { newSealKey, SEAL_BYTES, sealsOf } from './sealed.js'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytes = (said: string) => new TextEncoder().encode(said)

async function pair() {
  const [device, service] = [await newSealKey(crypto), await newSealKey(crypto)]
  const between = { device: device.publicKey, service: service.publicKey }
  return {
    device,
    service,
    between,
    here: await sealsOf(crypto, device, between),
    there: await sealsOf(crypto, service, between),
  }
}

test('what the device asks the service reads, and the other way round', async () => {
  const { here, there } = await pair()
  const asked = await here.asked.seal(bytes('sound'))
  expect(text(asked)).not.toContain('sound')
  expect(text(await there.asked.open(asked))).toBe('sound')
  expect(text(await here.answered.open(await there.answered.seal(bytes('words'))))).toBe('words')
})

test('nobody else reads it: neither another device nor another key of the service, nor as an answer', async () => {
  const { device, service, between, here, there } = await pair()
  const asked = await here.asked.seal(bytes('sound'))
  const later = await sealsOf(crypto, await newSealKey(crypto), between)
  const other = await newSealKey(crypto)
  const otherDevice = await sealsOf(crypto, service, { ...between, device: other.publicKey })
  for (const seal of [later.asked, otherDevice.asked, there.answered]) await expect(seal.open(asked)).rejects.toThrow()
  expect(device.publicKey).toHaveLength(65)
})

test('the same is sealed otherwise each time: two answers to one message say nothing of each other', async () => {
  const { here, there } = await pair()
  const [one, other] = [await there.answered.seal(bytes('words')), await there.answered.seal(bytes('words'))]
  expect(one).toHaveLength('words'.length + SEAL_BYTES)
  expect(one.slice(12)).not.toEqual(other.slice(12))
  for (const sealed of [one, other]) expect(text(await here.answered.open(sealed))).toBe('words')
})

test('what was changed on the way is not opened', async () => {
  const { here, there } = await pair()
  const asked = await here.asked.seal(bytes('sound'))
  for (const at of [0, asked.length - 1]) {
    const changed = asked.with(at, (asked[at] ?? 0) ^ 1)
    await expect(there.asked.open(Uint8Array.from(changed))).rejects.toThrow()
  }
})

test('a key that is none is refused', async () => {
  const { service, between } = await pair()
  await expect(sealsOf(crypto, service, { ...between, device: new Uint8Array(65) })).rejects.toThrow()
})
