import { defineStore } from 'pinia'
import { connection, history } from '../../../net/index.js'
import { entriesBetween } from '../../../sync/entries-between.js'
import { afterCommit, entriesOf, merged } from './system-entries.js'

const PAGE = 50

/** What happened to the groups whose conversations were opened. */
export const useSystemEvents = defineStore('system-events', () =>
  entriesBetween({
    connection,
    area: 'system-events',
    async list(groupId, beforeSeq) {
      const page = await history.listSystemEvents({ groupId, limit: PAGE, beforeSeq: BigInt(beforeSeq) })
      return { entries: merged(entriesOf(page.events), []), hasMore: page.hasMore }
    },
    after: afterCommit,
    merged,
  }),
)
