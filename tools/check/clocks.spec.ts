import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/**
 * A duration that is measured on the clock of the wall lasts for hours when somebody sets that clock back, and is over at once when it goes
 * forwards: hosts wake up, virtual machines are resumed, time servers correct. A wait in one process is measured with `performance.now()`.
 * The clock of the wall is for moments that others see, or that outlive the process.
 */
const MEASURES = /Date\.now\(\)\s*[-+<>]|[-+<>]=?\s*Date\.now\(\)/
const measures = (source: string) =>
  source.split('\n').filter((line) => MEASURES.test(line.replace(/=>\s*Date\.now\(\)/g, '')))

/** Moments, by file, and what happens to them when the clock jumps. */
const MOMENTS: Readonly<Record<string, string>> = {
  'libs/rpc/src/relay.ts': 'the deadline that another process reads, which distrusts one that cannot be meant',
  'libs/platform/src/blobs/s3-blobs.ts': 'the age of an upload, by the clock of the bucket',
  'libs/event-log/src/views/view-file.ts': 'the age of a file: it is removed sooner or later',
  'gateway/src/auth/authenticator.ts': 'the end of a token, which says it as a moment',
  'services/call/src/adapters/redis/redis-clock.ts': 'how far the clocks of two hosts are apart, for operators',
  'services/export/src/events.ts': 'the age of a commit, by the clock of another process',
  'services/mail/src/adapters/backlog.ts': 'the age of a letter, by the clock of the bus',
  'gateway/src/metrics.ts': 'the age of a commit, by the clock of another process',
}

test.each([
  ['const until = Date.now() + WAIT_MS', 1],
  ['while (Date.now() < until) {}', 1],
  ['if (known.until > Date.now()) return known', 1],
  ['const until = performance.now() + WAIT_MS', 0],
  ['commands.run(request, Date.now())', 0],
  ['now: () => Date.now(),', 0],
])('%s', (line, found) => expect(measures(line)).toHaveLength(found))

test('no process measures a duration on the clock of the wall', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const files = globSync('{gateway,libs/*,services/*}/src/**/*.ts', { cwd: root }).filter(
    (file) => !/\.spec\.ts$|\/gen\/|\/testing\/|testing\.ts$|^libs\/testkit/.test(file),
  )
  const found = files.filter((file) => measures(readFileSync(`${root}/${file}`, 'utf8')).length > 0)
  expect(files.length).toBeGreaterThan(500)
  expect(found.toSorted()).toEqual(Object.keys(MOMENTS).toSorted())
})
