import { expect, test } from 'vitest'
import { newSealKey, sealsOf } from './sealed.js'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytes = (said: string) => new TextEncoder().encode(said)

async function pair() {
  const [device, service] = [await newSealKey(crypto.subtle), await newSealKey(crypto.subtle)]
  const between = { device: device.publicKey, service: service.publicKey }
  return {
    device,
    service,
    between,
    here: await sealsOf(crypto.subtle, device, between),
    there: await sealsOf(crypto.subtle, service, between),
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
  const later = await sealsOf(crypto.subtle, await newSealKey(crypto.subtle), between)
  const other = await newSealKey(crypto.subtle)
  const otherDevice = await sealsOf(crypto.subtle, service, { ...between, device: other.publicKey })
  for (const seal of [later.asked, otherDevice.asked, there.answered]) await expect(seal.open(asked)).rejects.toThrow()
  expect(device.publicKey).toHaveLength(65)
})

test('what was changed on the way is not opened', async () => {
  const { here, there } = await pair()
  const asked = await here.asked.seal(bytes('sound'))
  asked[0] = (asked[0] ?? 0) ^ 1
  await expect(there.asked.open(asked)).rejects.toThrow()
})

test('a key that is none is refused', async () => {
  const { service, between } = await pair()
  await expect(sealsOf(crypto.subtle, service, { ...between, device: new Uint8Array(65) })).rejects.toThrow()
})
