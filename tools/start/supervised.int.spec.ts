import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { birthOf } from './identity.mjs'
import { restartDelay, Supervised } from './supervised.mjs'

let folder: string
let running: Supervised | undefined
const pids: number[] = []
const notes: string[] = []
const observer = {
  began: (pid: number) => void pids.push(pid),
  ended: () => {},
  note: (text: string) => void notes.push(text),
}
const alive = async (pid: number | undefined) => (await birthOf(pid ?? 0)) !== undefined

/** A process that reports ready by a file with its pid. */
const supervise = (script: string, mostLogBytes?: number) => {
  const file = join(folder, 'ready')
  const ready = async () => existsSync(file) && (await readFile(file, 'utf8')) === String(pids.at(-1))
  const env = { READY: file }
  running = new Supervised(
    { name: 'it', command: process.execPath, args: ['-e', script], env, ready },
    folder,
    observer,
    mostLogBytes === undefined ? undefined : 10,
    mostLogBytes,
  )
  return running
}
const READY = "require('fs').writeFileSync(process.env.READY, String(process.pid)); setInterval(() => {}, 1000);"

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beseda-supervised-'))
  pids.length = 0
  notes.length = 0
})
afterEach(async () => {
  running?.kill()
  await rm(folder, { recursive: true, force: true })
})

describe('a supervised process', () => {
  it('is restarted until it is ready, and stopped for good', async () => {
    const it = supervise(READY)
    await it.start()
    expect(await alive(pids[0])).toBe(true)
    await it.stop()
    expect(await alive(pids[0])).toBe(false)
    expect([pids.length, notes]).toEqual([1, []])
  })

  it('is restarted when it is killed', async () => {
    await supervise(READY).start()
    process.kill(pids[0] ?? 0, 'SIGKILL')
    await vi.waitUntil(() => notes.includes('it is back'))
    expect(notes[0]).toBe('it ended (SIGKILL); again in 0.25 s')
    expect(pids).toHaveLength(2)
    expect(await alive(pids[1])).toBe(true)
  })

  it('may say what it wants: its log is two files of a bounded size, and says what came last', async () => {
    const script = `${READY} let n = 0; setInterval(() => console.log('line', n++, 'x'.repeat(500)), 1)`
    const talker = supervise(script, 50_000)
    await talker.start()
    const size = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
    await vi.waitUntil(() => size('it.1.log') > 50_000)
    const [first] = /line (\d+)/.exec(await readFile(join(folder, 'it.1.log'), 'utf8')) ?? []
    await vi.waitUntil(async () => !(await readFile(join(folder, 'it.1.log'), 'utf8')).includes(`${first} `))
    await vi.waitUntil(() => size('it.log') > 0)
    expect((await readFile(join(folder, 'it.log'), 'utf8')).startsWith('line ')).toBe(true)
    expect(await readdir(folder)).toHaveLength(3)
  })

  it('fails when it never becomes ready, with the end of its log', async () => {
    const hopeless = supervise("console.error('no such bus'); process.exit(3)")
    await expect(hopeless.start()).rejects.toThrow(/it keeps ending.*it\.log:\n[\s\S]*no such bus/)
    expect(pids).toHaveLength(3)
  })

  it('fails when the program does not exist', async () => {
    const plan = { name: 'it', command: join(folder, 'nothing'), args: [], env: {}, ready: async () => false }
    await expect(new Supervised(plan, folder, observer).start()).rejects.toThrow('it keeps ending')
  })

  it('can be stopped before it is ready', async () => {
    const slow = supervise('setInterval(() => {}, 1000)')
    const started = slow.start()
    const given = expect(started).rejects.toThrow('aborted')
    await vi.waitUntil(() => pids.length === 1)
    await slow.stop()
    await given
    expect(await alive(pids[0])).toBe(false)
  })

  it('is restarted on request, which is not reported as a crash', async () => {
    const it = supervise(READY)
    await it.start()
    await it.restart()
    expect(pids).toHaveLength(2)
    expect([await alive(pids[0]), await alive(pids[1])]).toEqual([false, true])
    expect(notes).toEqual([])
  })

  it('is restarted when it runs but does not work, and that is said', async () => {
    let ailment: string | undefined
    const plan = supervise(READY).plan
    running = new Supervised({ ...plan, ailment: async () => ailment }, folder, observer, 10)
    await running.start()
    ailment = 'cannot write'
    await vi.waitUntil(() => pids.length === 2)
    ailment = undefined
    await vi.waitUntil(async () => !(await alive(pids[0])))
    await running.stop()
    expect(notes).toContain('it cannot write; it is restarted')
  })

  it('is killed for a restart when it does not end by itself', async () => {
    const stubborn = supervise(`process.on('SIGTERM', () => {});${READY}`)
    await stubborn.start()
    await stubborn.restart(100)
    expect([await alive(pids[0]), await alive(pids[1])]).toEqual([false, true])
    stubborn.kill()
  })

  it('is killed together with its children', async () => {
    const child = `const { pid } = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      require('fs').writeFileSync(process.env.READY + '.child', String(pid));`
    const parent = supervise(child + READY)
    await parent.start()
    const pid = Number(await readFile(join(folder, 'ready.child'), 'utf8'))
    expect(await alive(pid)).toBe(true)
    parent.kill()
    await vi.waitUntil(async () => !(await alive(pid)) && !(await alive(pids[0])))
  })

  it('keeps the log of the previous start', async () => {
    await writeFile(join(folder, 'it.log'), 'yesterday')
    await supervise(`console.log('today');${READY}`).start()
    expect(await readFile(join(folder, 'it.1.log'), 'utf8')).toBe('yesterday')
    expect(await readFile(join(folder, 'it.log'), 'utf8')).toBe('today\n')
  })
})

it('the delay grows with each failure, up to a limit', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 50].map(restartDelay)).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000])
})

it('the warden ends what a killed launcher has left, and not what has ended before', async () => {
  const sleeper = () =>
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
  const [left, ended] = [sleeper(), sleeper()]
  const warden = spawn(process.execPath, [new URL('warden.mjs', import.meta.url).pathname], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  warden.stdin.end(`+${left.pid}\n+${ended.pid}\n-${ended.pid}\n`)
  await once(warden, 'exit')
  await vi.waitUntil(async () => !(await alive(left.pid)))
  expect(await alive(ended.pid)).toBe(true)
  ended.kill('SIGKILL')
})
