import { NODE } from '../lib/root.mjs'
import { say, step } from '../lib/terminal.mjs'
import { provideGatewayNode, provideServer } from '../provision/index.mjs'
import { setUpLog } from './log.mjs'
import { planGateway, planNats, planRedis, planService, servicesOf } from './plan.mjs'

/** The servers that this host has, or that are fetched for it. */
export async function provide() {
  const [nats, redis, gateway] = await Promise.all([
    provideServer('nats-server'),
    provideServer('redis-server'),
    provideGatewayNode(NODE),
  ])
  return { nats, redis, gateway }
}

/** Starts everything, tier by tier. @param {import('./system.mjs').System} system @param {import('./plan.mjs').Place} place @param {AbortSignal} signal */
export async function bringUp(system, place, signal) {
  const rest = async () => {
    await system.start([planNats(place), planRedis(place)])
    await step('log set up', () => setUpLog(place))
    await system.start(servicesOf().map((name) => planService(place, name)))
    await system.start([planGateway(place)])
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
