import { GroupService } from '@beseda/proto/group/v1/group_service'
import { createClient, type Transport } from '@connectrpc/connect'
import type { Threads } from '../application/ports.js'
import { pages } from './people.js'

const TIMEOUT_MS = 10_000

/** Who follows threads, as the group service has it. */
export function threadsOf(rpc: Transport): Threads {
  const groups = createClient(GroupService, rpc)
  return {
    async followers({ groupId, threadId, seq }, userIds) {
      const answers = await Promise.all(
        pages(userIds).map((page) =>
          groups.listThreadFollowers(
            { groupId, threadId, userIds: [...page], minSeq: BigInt(seq) },
            { timeoutMs: TIMEOUT_MS },
          ),
        ),
      )
      return new Set(answers.flatMap((answer) => answer.userIds))
    },
  }
}
