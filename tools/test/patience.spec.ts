import { globSync, readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { PATIENCE_MS } from '../../libs/testkit/src/patience.js'
import { inRoot } from '../lib/root.mjs'
import { patient } from './patience.js'

/** A number of milliseconds where a wait or a test gets its limit. */
const LIMITS = [
  /\b(timeout|timeoutMs|testTimeout|hookTimeout)\b:? ?=? ?\d/,
  /\bsetDefault(Navigation)?Timeout\(\d/,
  /\bdeadline = Date\.now\(\) \+ \d/,
  /\bsetTimeout\([1-9]/,
  /\bAbortSignal\.timeout\(\d/,
  /\bvi\s*\.wait(For|Until)\(.*, [\d_]+\)/,
  // The end of a test, or of a wait of several lines.
  /^\s*\}, \d{1,3}(_\d{3}|\d{3,})\)/,
]

/** Those that are no patience: they are to run out, or another try follows. */
const RUNS_OUT = new Set([
  'services/notify/src/adapters/caldav/caldav-servers.int.spec.ts: UNREACHABLE',
  "libs/platform/src/outbound/request.int.spec.ts: rejects.toThrow('no answer in time')",
  'services/preview/src/preview.int.spec.ts: previews({ timeoutMs: 600 })',
  'libs/testkit/src/fleet/fleet.ts: dial(',
  'libs/testkit/src/fleet/fleet.ts: checkAPI: false',
  'libs/testkit/src/servers/nats.ts: checkAPI: false',
])

/** Unit tests have their own clock, and lists of options as data. */
const FILES = globSync(
  [
    'e2e/**/*.ts',
    'libs/testkit/src/**/*.ts',
    'services/testing/*.ts',
    'gateway/src/testing/*.ts',
    '{deploy,gateway,libs,services,tools,web}/**/*.{int,browser}.spec.ts',
  ],
  { cwd: inRoot(), exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path) },
)

const isLimit = (line: string) => LIMITS.some((limit) => limit.test(line))

test('no test has a patience of its own', () => {
  expect(FILES.length).toBeGreaterThan(150)
  const used = new Set<string>()
  const found = FILES.flatMap((file) =>
    readFileSync(inRoot(file), 'utf8')
      .split('\n')
      .filter(isLimit)
      .map((line) => `${file}: ${line.trim()}`)
      .filter((place) => {
        const known = [...RUNS_OUT].find((each) => {
          const [where = '', what = ''] = each.split(': ', 2)
          return place.startsWith(`${where}: `) && place.includes(what)
        })
        if (known) used.add(known)
        return known === undefined
      }),
  )
  expect(found, 'PATIENCE_MS or START_MS of @beseda/testkit, or no limit: every wait has one by itself').toEqual([])
  expect([...RUNS_OUT].filter((known) => !used.has(known))).toEqual([])
})

test.each([
  'await expect.poll(told, { timeout: 5_000, interval: 500 }).toBe(1)',
  "await page.getByText('x').waitFor({ timeout: 30_000 })",
  'page.setDefaultTimeout(20_000)',
  'await vi.waitFor(() => expect(heard).toBe(1), 10_000)',
  '}, 180_000)',
  'const deadline = Date.now() + 20_000',
  'vi.setConfig({ testTimeout: 60_000 })',
])('%s is refused', (line) => {
  expect(isLimit(line)).toBe(true)
})

test.each(['{ interval: 200 }', 'page.setDefaultTimeout(PATIENCE_MS)', '}, 20)', 'timeoutMs = PATIENCE_MS'])(
  '%s is not',
  (line) => {
    expect(isLimit(line)).toBe(false)
  },
)

test('the waits of Vitest are as patient as its polls, unless a call says otherwise', async () => {
  const asked = vi.fn(async (..._given: unknown[]) => undefined)
  const wait = patient(asked)
  const look = () => undefined
  await wait(look)
  await wait(look, { interval: 200 })
  await wait(look, { timeout: 5 })
  await wait(look, 5)
  expect(asked.mock.calls.map(([, options]) => options)).toEqual([
    { timeout: PATIENCE_MS },
    { timeout: PATIENCE_MS, interval: 200 },
    { timeout: 5 },
    5,
  ])
  expect([vi.waitFor.name, vi.waitUntil.name]).toEqual(['waitPatiently', 'waitPatiently'])
})
