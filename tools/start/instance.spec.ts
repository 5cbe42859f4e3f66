import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { birthInStat, birthOf } from './identity.mjs'
import { claim, INSTANCE_FILE, isGone } from './instance.mjs'

const STAT = (name: string, state: string) =>
  `4242 (${name}) ${state} 1 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 987654 1 2 3`

describe('the start time of a process', () => {
  it('is field 22, whatever the name of the command', () => {
    expect(birthInStat(STAT('node', 'S'))).toBe('987654')
    expect(birthInStat(STAT('a) R 1 (b', 'R'))).toBe('987654')
  })

  it('is undefined for a zombie', () => {
    expect(birthInStat(STAT('node', 'Z'))).toBeUndefined()
  })

  it('is the same each time, and differs from that of a later process', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    await once(child, 'spawn')
    const birth = await birthOf(child.pid ?? 0)
    expect(birth).toBeDefined()
    expect(await birthOf(child.pid ?? 0)).toBe(birth)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await birthOf(child.pid ?? 0)).toBeUndefined()
  })
})

describe('claim', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'beseda-instance-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const leave = (text: string) => writeFile(join(folder, INSTANCE_FILE), text)
  const holder = async () => JSON.parse(await readFile(join(folder, INSTANCE_FILE), 'utf8'))

  it('claims a free folder and releases it', async () => {
    const release = await claim(folder, 'http://localhost:1')
    expect(await holder()).toMatchObject({ pid: process.pid, url: 'http://localhost:1' })
    await release()
    await expect(holder()).rejects.toThrow('ENOENT')
  })

  it('says who holds it', async () => {
    await claim(folder, 'http://localhost:1')
    await expect(claim(folder, 'http://localhost:2')).rejects.toThrow(
      'already runs from this folder at http://localhost:1',
    )
  })

  it('lets only one of many concurrent processes have it', async () => {
    const claims = await Promise.allSettled([1, 2, 3, 4].map((n) => claim(folder, `http://localhost:${n}`)))
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('takes over from a process that was killed, and from one whose pid now belongs to another process', async () => {
    await leave(JSON.stringify({ pid: 2 ** 22 + 1, birth: '1', url: '' }))
    await (await claim(folder, 'http://localhost:3'))()
    await leave(JSON.stringify({ pid: process.pid, birth: 'another time', url: '' }))
    await claim(folder, 'http://localhost:3')
    expect(await holder()).toMatchObject({ pid: process.pid })
  })

  it('takes over from a half-written file', async () => {
    await leave('{"pid":')
    await claim(folder, 'http://localhost:4')
    expect(await holder()).toMatchObject({ url: 'http://localhost:4' })
  })
})

it('a holder is gone when its process has ended or is another one', () => {
  const held = { pid: 1, birth: '5', url: '' }
  expect([isGone(held, '5'), isGone(held, '6'), isGone(held, undefined)]).toEqual([false, true, true])
})
