import { newId } from '@beseda/kernel'
import { defineStore } from 'pinia'
import { connection, groups } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { useChat } from '../../stores/chat.js'
import { LAST_INDEX } from '../../sync/model/read-mark.js'
import { myThreadsOf } from './my-threads-of.js'

/** The threads that the person follows, in all conversations. */
export const useMyThreads = defineStore('threads', () => {
  const account = useAccount()
  return myThreadsOf({
    me: () => account.userId,
    connection,
    conversations: useChat().conversations,
    list: (page) => groups.listThreads(page),
    one: async (groupId, threadId, minSeq) =>
      (await groups.listThreads({ groupId, threadId, minSeq: BigInt(minSeq) })).threads[0],
    follow: async (groupId, threadId, follows) =>
      (await groups.followThread({ commandId: newId(), groupId, threadId, follows })).thread,
    markRead: (groupId, threadId, { seq }, backs) =>
      groups.markRead({ groupId, threadId, seq: BigInt(seq), index: LAST_INDEX, backs }),
  })
})
