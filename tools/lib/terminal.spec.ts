import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { duration, exitCodeOf, summaryLine, total } from './terminal.mjs'

describe('the summary', () => {
  it('is one line of a fixed form', () => {
    expect(summaryLine({ passed: 12, failed: 0 })).toBe('12 passed, 0 failed')
  })

  it('adds up', () => {
    expect(
      total([
        { passed: 1, failed: 2 },
        { passed: 10, failed: 20 },
      ]),
    ).toEqual({ passed: 11, failed: 22 })
    expect(total([])).toEqual({ passed: 0, failed: 0 })
  })

  it('is a success only when something ran and nothing failed', () => {
    expect(exitCodeOf({ passed: 1, failed: 0 })).toBe(0)
    expect(exitCodeOf({ passed: 1, failed: 1 })).toBe(1)
    expect(exitCodeOf({ passed: 0, failed: 0 })).toBe(1)
  })
})

it.each([
  [40, '0.0 s'],
  [1234, '1.2 s'],
  [9940, '9.9 s'],
  [9960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [185_000, '3 min 5 s'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

it('survives the reader of its output: later output is lost, and nothing else', async () => {
  const program = `
    const { outliveReaders, say } = await import(${JSON.stringify(new URL('./terminal.mjs', import.meta.url).href)})
    outliveReaders()
    const { createInterface } = await import('node:readline')
    for await (const line of createInterface({ input: process.stdin })) { say(line); console.error(line) }
    process.exitCode = 7`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program])
  const heard = createInterface({ input: child.stderr })[Symbol.asyncIterator]()
  for (const line of ['one', 'two', 'three']) {
    child.stdin.write(`${line}\n`)
    expect((await heard.next()).value).toBe(line)
    child.stdout.destroy()
  }
  child.stdin.end()
  expect(await once(child, 'exit')).toEqual([7, null])
})
