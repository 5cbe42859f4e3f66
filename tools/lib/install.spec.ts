import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isStale, readInstallation } from './install.mjs'

describe('isStale', () => {
  const lock = { lockHash: 'new', lockTime: 1000 }

  it('asks for an installation when there is none', () => {
    expect(isStale({ ...lock, stampHash: undefined, installTime: undefined })).toBe(true)
  })

  it('asks for one when it was cut off, whatever the stamp says', () => {
    expect(isStale({ ...lock, stampHash: 'new', installTime: undefined })).toBe(true)
  })

  it('is content when the stamp fits, though a checkout has touched the lock file', () => {
    expect(isStale({ ...lock, stampHash: 'new', installTime: 500 })).toBe(false)
  })

  it('is content with what somebody installed by hand after the lock file changed', () => {
    expect(isStale({ ...lock, stampHash: 'old', installTime: 1500 })).toBe(false)
    expect(isStale({ ...lock, stampHash: undefined, installTime: 1000 })).toBe(false)
  })

  it('asks for one when the lock file has changed since', () => {
    expect(isStale({ ...lock, stampHash: 'old', installTime: 500 })).toBe(true)
  })
})

describe('readInstallation', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'beseda-install-'))
    await writeFile(join(root, 'package-lock.json'), '{}')
  })
  afterEach(() => rm(root, { recursive: true }))

  it('sees a fresh clone', async () => {
    const found = await readInstallation(root)
    expect(found).toMatchObject({ stampHash: undefined, installTime: undefined })
    expect(found.lockHash).toBe(createHash('sha256').update('{}').digest('hex'))
  })

  it('sees the stamp and the time of the last installation', async () => {
    await mkdir(join(root, 'node_modules'))
    await writeFile(join(root, 'node_modules', '.beseda-lock'), 'abc')
    await writeFile(join(root, 'node_modules', '.package-lock.json'), '{}')
    await utimes(join(root, 'node_modules', '.package-lock.json'), 10, 20)
    expect(await readInstallation(root)).toMatchObject({ stampHash: 'abc', installTime: 20_000 })
  })
})
