import { newId } from '@beseda/kernel'
import { type Notice, NoticeKind } from '@beseda/proto/membership/v1/membership_service'
import { useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { connection, membership } from '../net/index.js'
import { useAccount } from './account.js'

/** A change of a group that an answer must reflect. */
export interface NoticeChange {
  readonly groupId: string
  readonly seq: bigint
}

/** What the person is told about groups that they are not in: requests that wait or were declined, removals, bans, deletions. */
export const useNotices = defineStore('notices', () => {
  const account = useAccount()
  /** Undefined: not asked yet. */
  const all = shallowRef<readonly Notice[]>()
  /**
   * By `person group`: the sequence of the notice that was put away on this device. Each device asks to be put away once: a notice is what
   * somebody may be told once in their life (a ban, a removal), and a device that never showed it must not drop it unseen.
   */
  const dismissed = useStorage<Record<string, string>>('beseda.notices', {})
  const keyOf = ({ groupId }: Pick<Notice, 'groupId'>) => `${account.userId} ${groupId}`
  const shown = computed(() =>
    (all.value ?? []).filter((notice) => dismissed.value[keyOf(notice)] !== String(notice.seq)),
  )
  const of = (groupId: string): Notice | undefined => all.value?.find((notice) => notice.groupId === groupId)
  let last: Promise<unknown> = Promise.resolve()

  /** Returns those that were not known before; none the first time. One request after another, so that none undoes a later one. */
  function load(change?: NoticeChange): Promise<readonly Notice[]> {
    const mine = last.then(() => ask(change))
    // The caller gets the error; the next request is sent all the same.
    last = mine.catch(() => undefined)
    return mine
  }

  async function ask(change?: NoticeChange): Promise<readonly Notice[]> {
    const reflected = change ? { minSeqGroupId: change.groupId, minSeq: change.seq } : {}
    const { notices } = await membership.listMyNotices(reflected)
    const before = all.value
    all.value = notices
    return before ? notices.filter((one) => !before.some((known) => isSame(known, one))) : []
  }

  function dismiss(notice: Notice): void {
    dismissed.value = { ...dismissed.value, [keyOf(notice)]: String(notice.seq) }
  }

  /** Takes the person's own request to join back. */
  async function withdraw(groupId: string): Promise<void> {
    const commandId = newId()
    await membership.resolveJoinRequest({ commandId, groupId, userId: account.userId, approve: false })
    all.value = all.value?.filter((notice) => notice.groupId !== groupId)
  }

  // Another person may sign in next.
  connection.on('ready', ({ userId }) => {
    if (userId !== account.userId) all.value = undefined
  })
  return { all, shown, of, load, dismiss, withdraw }
})

const isSame = (one: Notice, other: Notice): boolean => one.groupId === other.groupId && one.seq === other.seq

export const isWaiting = ({ kind }: Notice): boolean => kind === NoticeKind.REQUESTED
