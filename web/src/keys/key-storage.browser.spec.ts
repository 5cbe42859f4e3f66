import { deleteDB } from 'idb'
import { afterEach, expect, test, vi } from 'vitest'
import { KEYS_DATABASE, leaveKeys } from './forget-keys.js'
import { keyStorage } from './key-storage.js'
import { meetKeys, trustKeys } from './known-person.js'
import { ownKeyOf } from './own-key.js'
import { isSignedBy, makeKeyPair } from './signature.js'

/** The key of a device in the storage of a real browser. */
afterEach(async () => {
  vi.restoreAllMocks()
  leaveKeys(true)
  await deleteDB(KEYS_DATABASE)
})
const LAPTOP = { userId: 'ann', deviceId: 'laptop' }
const statement = new TextEncoder().encode('statement')

test('the key survives the page, and nothing gets its private half out of the browser', async () => {
  const before = await ownKeyOf(keyStorage('ann'), LAPTOP)
  const after = await ownKeyOf(keyStorage('ann'), LAPTOP)
  expect(after.publicKey).toEqual(before.publicKey)
  expect(await isSignedBy(before.publicKey, statement, await after.sign(statement))).toBe(true)
  const { privateKey } = await keyStorage('ann').keep('ann', makeKeyPair)
  for (const format of ['pkcs8', 'jwk'] as const) {
    await expect(crypto.subtle.exportKey(format as 'pkcs8', privateKey)).rejects.toThrow()
  }
})

test('two windows that make one at once have the same', async () => {
  const [one, other] = await Promise.all([ownKeyOf(keyStorage('ann'), LAPTOP), ownKeyOf(keyStorage('ann'), LAPTOP)])
  expect(one.publicKey).toEqual(other.publicKey)
})

test('each person in a browser has a key of their own', async () => {
  const bobs = { ...LAPTOP, userId: 'bob' }
  const [ann, bob] = await Promise.all([ownKeyOf(keyStorage('ann'), LAPTOP), ownKeyOf(keyStorage('bob'), bobs)])
  expect(ann.publicKey).not.toEqual(bob.publicKey)
})

test('signing out deletes the key and what is known of others, also with another window open', async () => {
  const [window_, other] = [keyStorage('ann'), keyStorage('ann')]
  const before = await ownKeyOf(window_, LAPTOP)
  await ownKeyOf(other, LAPTOP)
  await window_.put(meetKeys({ userId: 'bob', keys: [] }, [{ ...LAPTOP, algorithm: 1, publicKey: before.publicKey }]))
  leaveKeys(true)
  await vi.waitFor(async () => {
    expect((await ownKeyOf(keyStorage('ann'), LAPTOP)).publicKey).not.toEqual(before.publicKey)
  })
  expect(await keyStorage('ann').get('bob')).toBeUndefined()
})

test('people who were verified are remembered', async () => {
  const key = { ...LAPTOP, algorithm: 1, publicKey: new Uint8Array(32) }
  const met = meetKeys({ userId: 'bob', keys: [] }, [key])
  await keyStorage('ann').put(trustKeys(met, [key], 'verified'))
  expect(await keyStorage('ann').get('bob')).toMatchObject({ keys: [{ trust: 'verified' }] })
  expect(await keyStorage('eve').get('bob')).toBeUndefined()
})

test('where storage is blocked, keys last as long as the page', async () => {
  vi.spyOn(indexedDB, 'open').mockImplementation(() => {
    throw new DOMException('blocked', 'SecurityError')
  })
  const storage = keyStorage('ann')
  const key = await ownKeyOf(storage, LAPTOP)
  expect((await ownKeyOf(storage, LAPTOP)).publicKey).toEqual(key.publicKey)
  await storage.put({ userId: 'bob', keys: [] })
  expect(await storage.get('bob')).toEqual({ userId: 'bob', keys: [] })
})
