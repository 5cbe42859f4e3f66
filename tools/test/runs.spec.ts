import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findChromium } from './chromium.mjs'
import { runsOf } from './runs.mjs'

const kinds = (...args: string[]) => runsOf(args).map(({ title }) => title)

describe('runsOf', () => {
  it('is everything, cheapest first', () => {
    expect(kinds()).toEqual(['unit', 'int', 'browser', 'e2e-pairs', 'e2e-alone'])
  })

  it('passes filters on to each kind', () => {
    expect(runsOf(['libs/rpc', '-t', 'deadline'])[0]).toEqual({
      title: 'unit',
      args: ['--project', 'unit', 'libs/rpc', '-t', 'deadline'],
      needsBrowser: false,
    })
  })

  it('keeps to the kinds that are asked for', () => {
    expect(kinds('--project', 'int')).toEqual(['int'])
    expect(kinds('--project=unit', '--project=e2e', 'x')).toEqual(['unit', 'e2e-pairs', 'e2e-alone'])
    expect(kinds('--project', '*n*')).toEqual(['unit', 'int'])
    expect(kinds('--project', '!e2e')).toEqual(['unit', 'int', 'browser'])
    expect(kinds('--project', 'nothing')).toEqual([])
  })

  it('wants a browser only where one is used', () => {
    expect(runsOf([]).map(({ needsBrowser }) => needsBrowser)).toEqual([false, false, true, true, true])
  })
})

describe('findChromium', () => {
  it('takes the one that is named, or none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'beseda-chromium-'))
    await writeFile(join(folder, 'google-chrome'), '')
    expect(findChromium({ CHROMIUM: join(folder, 'google-chrome') })).toBe(join(folder, 'google-chrome'))
    expect(findChromium({ CHROMIUM: join(folder, 'gone'), PATH: folder })).toBeUndefined()
    await rm(folder, { recursive: true })
  })
})
