import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { ROOT } from './lib/root.mjs'

/** In the place of the real launcher: says who it is and what started it, ends when it is told to, and counts what it was told. */
const LAUNCHER = `
  let interrupts = 0
  process.on('SIGINT', () => interrupts++)
  process.on('SIGTERM', () => { console.log('stopped after ' + interrupts + ' interrupts'); process.exit(0) })
  setInterval(() => {}, 1_000)
  console.log(process.pid + ' started by ' + process.ppid)
`

let checkout: string
beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'beseda-checkout-'))
  const names = (await readdir(ROOT)).filter((name) => name !== 'tools' && name !== '.git')
  for (const name of names) await symlink(join(ROOT, name), join(checkout, name))
  for (const name of ['bootstrap.mjs', 'lib', 'provision']) {
    await cp(join(ROOT, 'tools', name), join(checkout, 'tools', name), { recursive: true })
  }
  await mkdir(join(checkout, 'tools', 'start'))
  await writeFile(join(checkout, 'tools', 'start', 'main.mjs'), LAUNCHER)
  return () => rm(checkout, { recursive: true, force: true })
})

/** `npm start` with a process group of its own, so that nothing ends with the test's. */
async function npmStart(): Promise<{
  npm: ChildProcess
  lines: AsyncIterator<string>
  launcher: number
  above: number
}> {
  const npm = spawn('npm', ['start', '--silent'], {
    cwd: checkout,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: npm.stdout })[Symbol.asyncIterator]()
  const { value = '' } = (await lines.next()) as { value?: string }
  const [, launcher, above] = /^(\d+) started by (\d+)$/.exec(value) ?? []
  onTestFinished(() => {
    try {
      process.kill(-(npm.pid ?? 0), 'SIGKILL')
    } catch {
      // All have ended.
    }
  })
  return { npm, lines, launcher: Number(launcher), above: Number(above) }
}

test.each([
  ['SIGINT', 'npm'],
  ['SIGTERM', 'npm'],
  ['SIGINT', 'the process below npm'],
  ['SIGTERM', 'the process below npm'],
] as const)('%s to %s alone ends everything in order', async (signal, target) => {
  const { npm, lines, above } = await npmStart()
  const closed = once(npm, 'close')
  process.kill(target === 'npm' ? (npm.pid ?? 0) : above, signal)
  expect((await lines.next()).value).toBe('stopped after 0 interrupts')
  await closed
})

test('Ctrl+C, which reaches all of them, is one interrupt for the launcher: a second one would kill what it stops', async () => {
  const { npm, lines } = await npmStart()
  const closed = once(npm, 'close')
  process.kill(-(npm.pid ?? 0), 'SIGINT')
  expect((await lines.next()).value).toMatch(/^stopped after [01] interrupts$/)
  await closed
})
