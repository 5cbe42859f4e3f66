import { setTimeout as wait } from 'node:timers/promises'
import { newId } from '@beseda/kernel'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { errorInfo } from '@beseda/rpc'
import { apiClient, PASSWORD } from '@beseda/testkit'

/** @typedef {{ id: string, token: string }} Person */

/**
 * Accounts, created one after another: each needs a password hash, which is slow by design. A platform behind a proxy sees each
 * as a person with their own address; otherwise the sign-ins of this address are rate limited, and this waits.
 * @param {string} url @param {number} count
 */
export async function register(url, count) {
  /** @type {Person[]} */
  const people = []
  while (people.length < count) people.push(await patiently(() => registerOne(url, people.length)))
  return people
}

/** @param {string} url @param {number} n @returns {Promise<Person>} */
async function registerOne(url, n) {
  const commandId = newId()
  const { me, tokens } = await apiClient(IdentityService, url, undefined, `10.0.0.${n + 1}`).register({
    commandId,
    username: `bench-${commandId.slice(-12)}`,
    displayName: `Bench ${n + 1}`,
    password: PASSWORD,
    device: { id: newId(), name: 'Bench' },
  })
  if (!me?.user || !tokens) throw new Error('the answer to Register lacks me or tokens')
  return { id: me.user.id, token: tokens.accessToken }
}

/** @template T @param {() => Promise<T>} attempt @returns {Promise<T>} */
async function patiently(attempt) {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const retryAfterMs = errorInfo(error)?.retryAfterMs
      if (!retryAfterMs) throw error
      await wait(retryAfterMs)
    }
  }
}
