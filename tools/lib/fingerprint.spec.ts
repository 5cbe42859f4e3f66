import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fingerprint, unlessDone } from './fingerprint.mjs'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'beseda-fingerprint-'))
  await mkdir(join(root, 'src'))
  await writeFile(join(root, 'src', 'a.ts'), 'a')
})
afterEach(() => rm(root, { recursive: true }))

describe('fingerprint', () => {
  const now = () => fingerprint([join(root, 'src')])

  it('stays while nothing changes', async () => {
    expect(await now()).toBe(await now())
  })

  it('changes with a new file, another size, another time, and a removed file', async () => {
    const seen = [await now()]
    await writeFile(join(root, 'src', 'b.ts'), 'b')
    seen.push(await now())
    await writeFile(join(root, 'src', 'b.ts'), 'bb')
    seen.push(await now())
    await utimes(join(root, 'src', 'b.ts'), 1, 1)
    seen.push(await now())
    await rm(join(root, 'src', 'a.ts'))
    seen.push(await now())
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('ignores build output, installed packages and files that are not accepted', async () => {
    const before = await fingerprint([root], (name) => name !== 'x.spec.ts')
    for (const folder of ['node_modules', 'dist', 'gen']) {
      await mkdir(join(root, 'src', folder))
      await writeFile(join(root, 'src', folder, 'x.js'), '')
    }
    await writeFile(join(root, 'src', 'x.spec.ts'), '')
    expect(await fingerprint([root], (name) => name !== 'x.spec.ts')).toBe(before)
  })

  it('treats a missing path as empty', async () => {
    expect(await fingerprint([join(root, 'nothing')])).toBe(await fingerprint([]))
  })
})

describe('unlessDone', () => {
  it('runs once for the same inputs, and again for others', async () => {
    const mark = join(root, 'marks', 'build')
    const ran: string[] = []
    const runFor = (inputs: string) => unlessDone(mark, inputs, async () => void ran.push(inputs))
    expect([await runFor('1'), await runFor('1'), await runFor('2')]).toEqual([true, false, true])
    expect(ran).toEqual(['1', '2'])
  })

  it('records nothing for a task that failed', async () => {
    const mark = join(root, 'mark')
    await expect(unlessDone(mark, '1', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await unlessDone(mark, '1', async () => {})).toBe(true)
  })
})
