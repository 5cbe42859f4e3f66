import { defineStore } from 'pinia'
import { historyClient } from '../../../net/clients/history-client.js'
import { connection } from '../../../net/index.js'
import { entriesBetween } from '../../../sync/entries-between.js'
import { afterCommit, entryOf, merged } from './call-entries.js'

const PAGE = 50

/** The calls of the conversations that were opened. */
export const useCallRecords = defineStore('call-records', () =>
  entriesBetween({
    connection,
    area: 'call-records',
    async list(groupId, beforeSeq) {
      const { calls, hasMore } = await (await historyClient()).listCalls({
        groupId,
        limit: PAGE,
        beforeSeq: BigInt(beforeSeq),
      })
      return { entries: calls.map(entryOf).reverse(), hasMore }
    },
    after: (entries, change) => (change.lane === 'calls' ? afterCommit(entries, change) : entries),
    merged,
  }),
)
