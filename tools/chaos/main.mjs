// `npm run chaos`: people talk on a horizontal installation while faults hit every component, one after another. Ends with a table and
// the verdict of a checker that knows every acknowledged message; exits with code 1 when a promise was broken.
import { build, generate } from '../lib/build.mjs'
import { endChildren } from '../lib/run.mjs'
import { paint, say, step } from '../lib/terminal.mjs'
import { parseChaosArgs, USAGE } from './args.mjs'
import { reportOf } from './report.mjs'

/** Seeded random numbers (mulberry32): the same seed gives the same faults in the same order. @param {number} seed */
function chance(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Every fault once in random order, repeated until the time is up. */
/** @template T @param {readonly T[]} faults @param {number} seconds @param {() => number} random */
function schedule(faults, seconds, random) {
  const end = Date.now() + seconds * 1_000
  let round = [...faults]
  let isFirst = true
  return () => {
    if (round.length === 0) {
      round = [...faults]
      isFirst = false
    }
    if (!isFirst && Date.now() > end) return undefined
    return round.splice(Math.floor(random() * round.length), 1)[0]
  }
}

/** @param {import('./args.mjs').ChaosOptions} options */
async function chaos({ seed, seconds, people, pause, only }) {
  await step('generated code', generate)
  await step('build', build)
  const { allFaults, Fleet, runCampaign } = await import('@beseda/testkit')
  const random = chance(seed)
  const fleet = await step('two of every process, three servers of the bus', () => Fleet.start({ zones: true }))
  const stop = () => void fleet.stop().finally(() => process.exit(1))
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, stop)
  try {
    const canCut = fleet.zones.cut !== undefined
    if (!canCut) say('  without root there are no network namespaces: no zone is cut off')
    const faults = allFaults(canCut, pause).filter(({ name }) => only === undefined || name.includes(only))
    say(`\n  seed ${seed}, ${seconds} s, ${people} people, faults of ${faults.length} kinds\n`)
    const report = await runCampaign({
      ...{ fleet, people, groups: Math.ceil(people / 2), members: Math.min(people, 6), pauseMs: 800, random },
      nextFault: schedule(faults, seconds, random),
      onRow: ({ fault, backMs }) =>
        say(`  ${fault}: back after ${backMs === undefined ? '?' : (backMs / 1000).toFixed(1)} s`),
    })
    say(`\n${reportOf(report)}\n`)
    say(report.holds ? paint('green', `  every promise held (seed ${seed})`) : paint('red', `  broken (seed ${seed})`))
    return report.holds ? 0 : 1
  } finally {
    await fleet.stop()
  }
}

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, endChildren)
const options = parseChaosArgs(process.argv.slice(2))
if (options === undefined) {
  say(USAGE)
  process.exitCode = 2
} else {
  process.exitCode = await chaos(options)
}
