import { randomInt, randomUUID } from 'node:crypto'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { call, Refused } from './api.mjs'

/** One virtual person. */
/** @typedef {{ address?: string, token?: string, userId?: string, groupId?: string, room?: import('./room.mjs').Room, socket?: import('./socket.mjs').Socket, listener?: import('./room.mjs').Listener, older?: bigint, newest?: { id: string, seq: bigint, index: number } }} Person */
/** @typedef {{ emit(event: 'counter' | 'histogram', name: string, value: number): unknown }} Metrics */
/** The context of a step. `options` come from the scenario. */
/** @typedef {{ person: Person, target: string, metrics: Metrics, options: Record<string, unknown> }} Step */

const PASSWORD = 'load-test-password'

/** Target, token and address of the person's HTTP calls. @param {Step} step */
export const api = ({ person: { token, address }, target, metrics }) => ({
  target,
  onLimited: () => void metrics.emit('counter', 'beseda.rate_limited', 1),
  ...(token ? { token } : {}),
  ...(address ? { address } : {}),
})

/**
 * Measures something that the person waits for: among all requests, and under its own name.
 * @template T @param {Metrics} metrics @param {string} name @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function timed(metrics, name, work) {
  const began = performance.now()
  metrics.emit('counter', 'beseda.requests', 1)
  try {
    const result = await work()
    const ms = performance.now() - began
    metrics.emit('histogram', 'beseda.request', ms)
    metrics.emit('histogram', `beseda.${name}`, ms)
    return result
  } catch (error) {
    metrics.emit('counter', 'beseda.refused', 1)
    throw error
  }
}

/**
 * A new account, signed in, from its own address (which counts where one proxy is trusted).
 * @param {Step} step
 */
export async function register(step) {
  const id = randomUUID()
  step.person.address = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
  const { tokens, me } = await call(api(step), IdentityService.method.register, {
    commandId: id,
    username: `load-${id.slice(0, 13)}`,
    displayName: 'Load Test',
    password: PASSWORD,
    device: { id: randomUUID(), name: 'Artillery' },
  })
  if (!tokens || !me?.user) throw new Refused('register.no_tokens')
  step.person.token = tokens.accessToken
  step.person.userId = me.user.id
}
