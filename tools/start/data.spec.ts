import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NATS_USERS, openData, reset } from './data.mjs'
import { INSTANCE_FILE } from './instance.mjs'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beseda-data-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('openData', () => {
  it('creates a separate Ed25519 key for each service that signs', async () => {
    const { signingKey } = await openData(folder)
    const keys = await Promise.all(Object.values(signingKey).map((file) => readFile(file, 'utf8')))
    for (const key of keys) expect(createPrivateKey(key).asymmetricKeyType).toBe('ed25519')
    expect(new Set(keys).size).toBe(2)
  })

  it('creates a secret of 32 bytes in hex, readable by its owner only', async () => {
    const { secret } = await openData(folder)
    expect(await readFile(secret, 'utf8')).toMatch(/^[0-9a-f]{64}$/)
    expect((await stat(secret)).mode & 0o077).toBe(0)
  })

  it('creates a password per user that nats.conf reads as text: it begins with a letter', async () => {
    const { passwords } = await openData(folder)
    expect(Object.keys(passwords)).toEqual(NATS_USERS)
    for (const password of Object.values(passwords)) expect(password).toMatch(/^p[0-9a-f]{48}$/)
    expect(new Set(Object.values(passwords)).size).toBe(NATS_USERS.length)
  })

  it('adds a password for a new user, and keeps the others', async () => {
    const first = await openData(folder)
    const { notify: _, ...older } = first.passwords
    await writeFile(join(folder, 'keys', 'nats-passwords.json'), JSON.stringify(older))
    const second = await openData(folder)
    expect(second.passwords).toMatchObject(older)
    expect(second.passwords.notify).toMatch(/^p[0-9a-f]{48}$/)
    expect((await openData(folder)).passwords).toEqual(second.passwords)
  })

  it('has a password for every user of nats.conf', async () => {
    const config = await readFile(new URL('../../deploy/nats/nats.conf', import.meta.url), 'utf8')
    const users = [...config.matchAll(/^\s+user: (\w+)$/gm)].map(([, user]) => user)
    expect(new Set(users)).toEqual(new Set(NATS_USERS))
  })

  it('keeps keys and passwords: the log outlives the process', async () => {
    const first = await openData(folder)
    const key = await readFile(first.signingKey.identity, 'utf8')
    const second = await openData(folder)
    expect(second).toEqual(first)
    expect(await readFile(second.signingKey.identity, 'utf8')).toBe(key)
  })
})

it('reset deletes everything but the file that says who holds the folder', async () => {
  const before = await openData(folder)
  await writeFile(join(folder, INSTANCE_FILE), '{}')
  await reset(folder)
  expect(await readdir(folder)).toEqual([INSTANCE_FILE])
  expect((await openData(folder)).passwords).not.toEqual(before.passwords)
})

it('reset of a missing folder does nothing', async () => {
  await expect(reset(join(folder, 'none'))).resolves.toBeUndefined()
})
