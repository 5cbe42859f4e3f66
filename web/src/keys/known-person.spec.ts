import { expect, test } from 'vitest'
import { findKey, isVerified, type KnownPerson, meetKeys, standingOf, trustKeys } from './known-person.js'

const key = (deviceId: string, fill: number) => ({ deviceId, algorithm: 1, publicKey: new Uint8Array(32).fill(fill) })
const nobody: KnownPerson = { userId: 'bob', keys: [] }
const trustsOf = ({ keys }: KnownPerson) => keys.map(({ deviceId, trust }) => `${deviceId} ${trust}`)

test('all keys of the first contact are taken as they are; those that come later are new', () => {
  const met = meetKeys(nobody, [key('laptop', 1), key('phone', 2)])
  expect(trustsOf(met)).toEqual(['laptop seen', 'phone seen'])
  expect(trustsOf(meetKeys(met, [key('laptop', 1), key('tablet', 3)]))).toEqual([
    'laptop seen',
    'phone seen',
    'tablet new',
  ])
  expect(meetKeys(met, [key('phone', 2)])).toBe(met)
})

test('another key of a known device is new', () => {
  const met = meetKeys(meetKeys(nobody, [key('laptop', 1)]), [key('laptop', 2)])
  expect([findKey(met, key('laptop', 1))?.trust, findKey(met, key('laptop', 2))?.trust]).toEqual(['seen', 'new'])
})

test('a comparison counts for the keys that were compared', () => {
  const met = meetKeys(meetKeys(nobody, [key('laptop', 1)]), [key('phone', 2)])
  const verified = trustKeys(met, [key('laptop', 1)], 'verified')
  expect(trustsOf(verified)).toEqual(['laptop verified', 'phone new'])
  expect([isVerified(met), isVerified(verified)]).toEqual([false, true])
})

test('old keys are forgotten one day, but none that was verified', () => {
  let person = trustKeys(meetKeys(nobody, [key('laptop', 1)]), [key('laptop', 1)], 'verified')
  for (let i = 0; i < 60; i++) person = meetKeys(person, [key(`device ${i}`, i)])
  expect(person.keys.length).toBeLessThanOrEqual(51)
  expect(findKey(person, key('laptop', 1))?.trust).toBe('verified')
  expect(findKey(person, key('device 59', 59))).toBeDefined()
})

test('how somebody stands follows from the keys that are listed now', () => {
  const [laptop, phone] = [key('laptop', 1), key('phone', 2)]
  const met = meetKeys(nobody, [laptop])
  const verified = trustKeys(met, [laptop], 'verified')
  expect(standingOf(nobody, [])).toBe('none')
  expect(standingOf(met, [laptop])).toBe('seen')
  expect(standingOf(met, [laptop, phone])).toBe('new')
  expect(standingOf(verified, [laptop])).toBe('verified')
  expect(standingOf(verified, [laptop, phone])).toBe('changed')
  expect(standingOf(trustKeys(meetKeys(verified, [phone]), [phone], 'seen'), [laptop, phone])).toBe('seen')
})
