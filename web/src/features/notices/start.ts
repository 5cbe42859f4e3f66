import type { Commit as CommitFrame } from '@beseda/proto/gateway/v1/frames'
import { Lane } from '@beseda/proto/log/v1/commit'
import { type Notice, NoticeKind } from '@beseda/proto/membership/v1/membership_service'
import type { Router } from 'vue-router'
import { handled } from '../../diagnostics/log.js'
import { i18n } from '../../i18n/index.js'
import { decodedCommit } from '../../net/decoded-commit.js'
import { connection } from '../../net/index.js'
import { useChat } from '../../stores/chat.js'
import { useDirectory } from '../../stores/directory.js'
import { type NoticeChange, useNotices } from '../../stores/notices.js'
import type { Conversation } from '../../sync/model/model.js'
import { toast } from '../../ui/feedback/toasts.js'
import { settingsTabs } from '../groups/settings/tabs.js'
import { whenKnown } from '../people/when-known.js'
import { useNoticeText } from './use-notice-text.js'

/** A sentence that is read once needs longer than a message that stays in its conversation. */
const SHOWN_MS = 12_000

/**
 * Keeps the notices up to date while the client is open, and says what is new: to the person whom it concerns, and to admins that somebody
 * asks to join. Returns a function that stops it.
 */
export function startNotices(router: Router): () => void {
  const [notices, chat, directory, textOf] = [useNotices(), useChat(), useDirectory(), useNoticeText()]

  async function load(change?: NoticeChange): Promise<void> {
    for (const notice of await notices.load(change)) void tell(notice)
  }
  const refresh = (change?: NoticeChange) => void load(change).catch(handled('notices'))

  async function tell(notice: Notice): Promise<void> {
    // The person asked themselves, here or on another device.
    if (notice.kind === NoticeKind.REQUESTED) return
    await whenKnown(notice.byUserId)
    toast(textOf(notice), { ms: SHOWN_MS })
  }

  const open = (groupId: string) => ({
    text: i18n.t('notifications.open'),
    run: () => void router.push({ name: 'conversation', params: { groupId } }),
  })

  /** Only live ones: those that wait are counted in the list. */
  function receive(frame: CommitFrame): void {
    if (frame.lane !== Lane.ROSTER || connection.status.value !== 'live') return
    const conversation = chat.conversations.get(frame.groupId)
    if (!conversation || !settingsTabs(conversation).includes('requests')) return
    for (const { body } of decodedCommit(frame).events) {
      if (body.case === 'joinRequested') void tellAdmin(conversation, body.value.userId)
    }
  }

  async function tellAdmin({ id, name: group }: Conversation, userId: string): Promise<void> {
    await whenKnown(userId)
    const text = i18n.t('notices.asks', { name: directory.nameOf(userId), group })
    toast(text, { action: open(id), ms: SHOWN_MS })
  }

  function joined(groupId: string): void {
    const notice = notices.of(groupId)
    if (notice?.kind === NoticeKind.REQUESTED) {
      const options = { action: open(groupId), about: groupId, ms: SHOWN_MS }
      toast(i18n.t('notices.letIn', { group: notice.groupName }), options)
    }
    if (notice) refresh()
  }

  const stops = [
    connection.on('live', () => refresh()),
    connection.on('groupLeft', ({ groupId, seq }) => refresh({ groupId, seq })),
    connection.on('groupJoined', ({ head }) => head && joined(head.groupId)),
    connection.on('userEvent', ({ event }) => event.case === 'noticeChanged' && refresh(event.value)),
    connection.on('userEvent', ({ event }) => {
      if (event.case === 'callReminded') {
        void import('../calls/schedule/remind.js').then(
          (code) => code.remind(router, event.value),
          handled('calls.code'),
        )
      }
    }),
    connection.on('commit', receive),
  ]
  if (connection.status.value === 'live') refresh()
  return () => {
    for (const stop of stops) stop()
  }
}
