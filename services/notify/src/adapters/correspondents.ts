import { GroupService } from '@beseda/proto/group/v1/group_service'
import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { HEADERS } from '@beseda/rpc'
import { createClient, type Transport } from '@connectrpc/connect'
import type { Correspondents } from '../application/mail-ports.js'
import { pages } from './people.js'

const TIMEOUT_MS = 10_000

/** What identity and the group service know: who can be written to, and what people have not read. */
export function correspondentsOf(rpc: Transport): Correspondents {
  const [identity, groups] = [createClient(MailService, rpc), createClient(GroupService, rpc)]
  const options = { timeoutMs: TIMEOUT_MS }
  return {
    async reachable(userIds) {
      const answers = await Promise.all(
        pages(userIds).map((page) => identity.listReachable({ userIds: [...page] }, options)),
      )
      return new Map(answers.flatMap(({ people }) => people.map(({ userId, timeZone }) => [userId, timeZone] as const)))
    },
    async counts(userId) {
      // As the person, of whose marks nobody else is told.
      const { states } = await groups.listReadStates({}, { ...options, headers: { [HEADERS.user]: userId } })
      return states
    },
  }
}
