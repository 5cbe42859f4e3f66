import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { createClient, type Transport } from '@connectrpc/connect'
import type { People } from '../application/ports.js'

const TIMEOUT_MS = 5_000
/** As many as one question may name. */
const PAGE = 1_000

/** What identity and presence know of people. */
export function peopleOf(rpc: Transport): People {
  const identity = createClient(IdentityService, rpc)
  const presence = createClient(PresenceService, rpc)
  const options = { timeoutMs: TIMEOUT_MS }
  return {
    async names(userIds) {
      const { users } = await identity.getUsers({ userIds: [...new Set(userIds)].filter(Boolean) }, options)
      return new Map(users.map(({ id, displayName }) => [id, displayName]))
    },
    async attention(userIds) {
      const answers = await Promise.all(
        pages(userIds).map((page) => presence.listAttention({ userIds: [...page] }, options)),
      )
      return new Map(answers.flatMap(({ attention }) => attention.map((one) => [one.userId, one] as const)))
    },
    async endedSessions(sessions) {
      const answers = await Promise.all(
        pages(sessions).map((page) => identity.findEndedSessions({ sessions: [...page] }, options)),
      )
      return answers.flatMap(({ ended }) => ended)
    },
  }
}

export const pages = <T>(items: readonly T[]): (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / PAGE) }, (_, i) => items.slice(i * PAGE, (i + 1) * PAGE))
