import { useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { historyClient } from '../../../net/clients/history-client.js'
import { connection, groups } from '../../../net/index.js'
import { useAccount } from '../../../stores/account.js'
import { useChat } from '../../../stores/chat.js'
import { missedCallsOf } from './missed.js'

/** Beyond every index: the whole commit was seen. */
const LAST_INDEX = 0xffff

/** The missed calls of this window. */
export const useMissedCalls = defineStore('missed-calls', () => {
  const [account, chat] = [useAccount(), useChat()]
  const seqs = useStorage<Record<string, number>>('beseda.calls-seen', {})
  return missedCallsOf({
    me: () => account.userId,
    connection,
    conversations: chat.conversations,
    listCalls: async (groupId, limit, minSeq) =>
      (await (await historyClient()).listCalls({ groupId, limit, minSeq: BigInt(minSeq) })).calls,
    markRead: (groupId, seq, backs) => groups.markRead({ groupId, seq: BigInt(seq), index: LAST_INDEX, backs }),
    seen: {
      get: (groupId) => seqs.value[groupId] ?? 0,
      set: (groupId, seq) => {
        seqs.value = { ...seqs.value, [groupId]: seq }
      },
    },
  })
})
