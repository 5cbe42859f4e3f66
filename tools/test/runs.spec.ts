import { describe, expect, it } from 'vitest'
import { parseTestArgs } from './args.mjs'
import { runsOf, testFiles } from './runs.mjs'

const FILES = [
  'libs/rpc/src/client.spec.ts',
  'libs/rpc/src/nats.int.spec.ts',
  'web/src/app.browser.spec.ts',
  'web/src/net/link.spec.ts',
  'e2e/people/chat.e2e.ts',
  'deploy/compose/compose.deploy.ts',
]
const runs = (...args: string[]) => runsOf(parseTestArgs(args), FILES, 'abc')
const kinds = (...args: string[]) => runs(...args).map(({ title }) => title)

describe('runsOf', () => {
  it('runs everything, cheapest first', () => {
    expect(kinds()).toEqual(['unit', 'int', 'browser', 'e2e'])
  })

  it('passes filters on to each kind', () => {
    expect(runs('libs/rpc', '-t', 'deadline')[0]).toEqual({
      title: 'unit',
      projects: ['--project', 'unit'],
      args: ['--project', 'unit', '-t', 'deadline', 'libs/rpc'],
      files: ['libs/rpc/src/client.spec.ts'],
      needsBrowser: false,
      needsBuild: false,
    })
  })

  it('runs end-to-end tests that have the machine to themselves after the others, in the same Vitest', () => {
    expect(runs('e2e/')).toMatchObject([{ args: ['--project', 'e2e', '--project', 'e2e-alone', 'e2e/'] }])
  })

  it('skips kinds without a matching file, so that nothing is started or built for them', () => {
    expect(kinds('libs/rpc')).toEqual(['unit', 'int'])
    expect(kinds('client.spec')).toEqual(['unit'])
    expect(kinds('app.browser', 'nats')).toEqual(['int', 'browser'])
    expect(kinds('./libs/rpc/')).toEqual(['unit', 'int'])
    expect(() => kinds('nothing', 'such')).toThrow('No test of that kind has nothing or such in its path.')
  })

  it('runs only the requested kinds', () => {
    expect(kinds('--project', 'int')).toEqual(['int'])
    expect(kinds('--project=unit', '--project=e2e', 'c')).toEqual(['unit', 'e2e'])
    expect(kinds('--project', '*n*')).toEqual(['unit', 'int'])
    expect(kinds('--project', '!e2e')).toEqual(['unit', 'int', 'browser'])
    expect(() => kinds('--project', 'nothing')).toThrow('No test')
  })

  it('runs what takes a whole engine of containers only when it is named', () => {
    expect(kinds('--project', 'deploy')).toEqual(['deploy'])
    expect(kinds('--project', '!e2e')).not.toContain('deploy')
    expect(() => kinds('compose.deploy')).toThrow('No test')
  })

  it('needs a browser and a build only where they are used', () => {
    expect(runs().map(({ needsBrowser }) => needsBrowser)).toEqual([false, false, true, true])
    expect(runs().map(({ needsBuild }) => needsBuild)).toEqual([false, false, false, true])
  })

  it('watches in one Vitest, without tests that need a build', () => {
    expect(runs('--watch', 'web/')).toEqual([
      {
        title: 'unit, browser',
        projects: ['--project', 'unit', '--project', 'browser'],
        args: ['--project', 'unit', '--project', 'browser', 'web/'],
        files: [],
        needsBrowser: true,
        needsBuild: false,
      },
    ])
  })

  it('lets Vitest find the tests that a change affects', () => {
    expect(runs('--affected').map(({ args }) => args)).toEqual([
      ['--project', 'unit', '--changed', 'abc'],
      ['--project', 'int', '--changed', 'abc'],
      ['--project', 'browser', '--changed', 'abc'],
    ])
  })

  it('finds every test file of the repository', () => {
    expect(testFiles()).toEqual(
      expect.arrayContaining([
        'tools/test/runs.spec.ts',
        'e2e/people/chat.e2e.ts',
        'tools/start/supervised.int.spec.ts',
      ]),
    )
    expect(testFiles().filter((file) => /node_modules|dist\//.test(file))).toEqual([])
  })
})
