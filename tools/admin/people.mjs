import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { accountSubject, IDENTITY_STREAM } from '@beseda/proto'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { natsTransport } from '@beseda/rpc'
import { createClient } from '@connectrpc/connect'
import { managerOf } from './manager.mjs'

const PATIENCE_MS = 60_000

/**
 * Erases a person, as if they had deleted their account: sessions end, bots are deleted, content is erased from the log. Resolves when name,
 * password and profile are erased; their messages follow within seconds. Errors: USER_NOT_FOUND.
 * @param {import('@nats-io/transport-node').NatsConnection} nc @param {string} username @param {number} partitionCount
 * @returns {Promise<string>} the person's id
 */
export async function erasePerson(nc, username, partitionCount) {
  const identity = createClient(IdentityService, natsTransport(nc, { partitionCount }))
  const { userId } = await identity.eraseAccount({ commandId: randomUUID(), username })
  const manager = await managerOf(nc)
  const filter = { subjects_filter: accountSubject(userId) }
  for (const deadline = Date.now() + PATIENCE_MS; ; await wait(200)) {
    // What remains is the fact that there was an account.
    const { state } = await manager.streams.info(IDENTITY_STREAM, filter)
    if ((state.subjects?.[accountSubject(userId)] ?? 0) <= 1) return userId
    if (Date.now() > deadline)
      throw new Error(`the data of ${username} is not erased after a minute: see the log of identity`)
  }
}

/**
 * Makes somebody an administrator of the installation. Errors: USER_NOT_FOUND.
 * @param {import('@nats-io/transport-node').NatsConnection} nc @param {string} username @param {number} partitionCount
 * @returns {Promise<string>} the person's id
 */
export async function appoint(nc, username, partitionCount) {
  const identity = createClient(IdentityService, natsTransport(nc, { partitionCount }))
  return (await identity.appointAdministrator({ commandId: randomUUID(), username })).userId
}
