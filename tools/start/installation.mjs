import { NODE } from '../lib/root.mjs'
import { say, step } from '../lib/terminal.mjs'
import { provideGatewayNode, provideServer } from '../provision/index.mjs'
import { findLivekit } from '../provision/livekit.mjs'
import { setUpLog } from './log.mjs'
import { planGateway, planNats, planRedis, planService, servicesOf } from './plan.mjs'
import { NO_SFU, sfuOf } from './sfu.mjs'

/** The servers that this host has, or that are fetched for it. */
export async function provide() {
  const [nats, redis, gateway, livekit] = await Promise.all([
    provideServer('nats-server'),
    provideServer('redis-server'),
    provideGatewayNode(NODE),
    findLivekit(),
  ])
  return { nats, redis, gateway, livekit }
}

/**
 * Starts everything, tier by tier; an SFU where there is a server for it.
 * @param {import('./system.mjs').System} system @param {import('./plan.mjs').Place & { programs: { livekit: string | undefined } }} wanted
 * @param {AbortSignal} signal
 */
export async function bringUp(system, wanted, signal) {
  const { livekit } = wanted.programs
  const sfu = await sfuOf(wanted, livekit)
  const place = sfu ? { ...wanted, sfu: sfu.node } : wanted
  const rest = async () => {
    await system.start([planNats(place), planRedis(place), ...(sfu ? [sfu.plan] : [])])
    await step('log set up', () => setUpLog(place))
    await system.start(servicesOf().map((name) => planService(place, name)))
    await system.start([planGateway(place)])
    if (livekit === undefined && !process.env.SFU_NODES) say(`  ${NO_SFU}`)
  }
  // A shutdown does not wait for a server to become ready.
  await Promise.race([rest(), aborted(signal)])
  signal.throwIfAborted()
}

/** @param {AbortSignal} signal @returns {Promise<void>} */
export const aborted = (signal) =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** @param {import('./system.mjs').System} system @param {AbortSignal} signal */
export async function stop(system, signal) {
  if (signal.aborted) say('\n  stopping')
  process.on('SIGINT', () => system.kill())
  await system.stop()
  if (signal.aborted) say('  stopped')
}
