import type { Commit as CommitFrame } from '@beseda/proto/gateway/v1/frames'
import type { MessagePosted } from '@beseda/proto/group/v1/events'
import { Lane } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { watch } from 'vue'
import type { Router } from 'vue-router'
import { locks, serviceWorkers } from '../../browser.js'
import { handled } from '../../diagnostics/log.js'
import { i18n } from '../../i18n/index.js'
import { useMinute } from '../../i18n/use-minute.js'
import { decodedCommit } from '../../net/decoded-commit.js'
import { calls, connection } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { useBlocks } from '../../stores/blocks.js'
import { useChat } from '../../stores/chat.js'
import { useDirectory } from '../../stores/directory.js'
import { useNotifications } from '../../stores/notifications.js'
import { usePanel } from '../../stores/panel.js'
import type { Conversation } from '../../sync/model/model.js'
import { dismissToastsAbout } from '../../ui/feedback/toasts.js'
import { beforeLeaving } from '../auth/leaving.js'
import { useMissedCalls } from '../calls/records/missed-store.js'
import { useCalls } from '../calls/store.js'
import { plainText } from '../chat/text/plain-text.js'
import { keepBadge } from './badge.js'
import { countedIn } from './counted.js'
import type { startLater } from './later.js'
import { messageToasts } from './message-toasts.js'
import { putRight, showOutside, takeAwayAll, takeAwayGroups, takeAwayMessage } from './outside.js'
import { endPush, renewPush } from './push-device.js'
import { isDirect, toBeTold } from './tell.js'

/** Only one window of the browser plays the sound; the others stay silent for this long. */
const ONE_WINDOW_MS = 2_000
/** Longest wait for the author's name. */
const PROFILE_MS = 3_000

/** Notifies of new messages while the client is open: a sound, a toast, or a system notification when the page is hidden. Returns a function that stops it. */
export function startNotifications(router: Router): () => void {
  const [chat, account, blocks, preferences, directory] = [
    useChat(),
    useAccount(),
    useBlocks(),
    useNotifications(),
    useDirectory(),
  ]
  const panel = usePanel()
  let later: ReturnType<typeof startLater> | undefined
  let here = true
  void import('./later.js').then((code) => {
    if (here) later = code.startLater()
  }, handled('notifications.code'))

  /** Messages that are about to notify. */
  const pending = new Set<string>()
  const toasts = messageToasts(router)

  const minute = useMinute()
  const missed = useMissedCalls()
  /** Until the person's preferences are known, nothing is counted that they may not want counted. */
  const total = (): number =>
    preferences.settings === undefined
      ? 0
      : chat.list.reduce(
          (sum, one) =>
            sum + countedIn(one, preferences.preferenceOf(one.id), minute.value.getTime(), missed.of(one).length),
          0,
        )
  const hidesContent = () => preferences.settings?.hideContent ?? false

  async function load(): Promise<void> {
    await preferences.load()
    await renewPush()
    await preferences.loadStatus(account.userId)
  }

  function receive(frame: CommitFrame): void {
    const conversation = chat.conversations.get(frame.groupId)
    // Missed messages are in the counters; only live ones notify.
    if (frame.lane !== Lane.MESSAGES) return
    const commit = decodedCommit(frame)
    for (const { body } of commit.events) {
      if (body.case === 'messageDeleted') takeBack(frame.groupId, body.value.messageId)
      if (body.case === 'messageEdited' && !hidesContent()) {
        const text = plainText({ ...body.value, attachments: [], deleted: false }, directory.nameOf, i18n.t)
        void putRight(frame.groupId, body.value.messageId, text).catch(handled('notifications.edit'))
      }
    }
    if (!conversation || connection.status.value !== 'live') return
    const reader = {
      userId: account.userId,
      blocked: blocks.blocked,
      preference: preferences.preferenceOf(conversation.id),
      quietHours: preferences.quietHours,
      doNotDisturb: preferences.doNotDisturb,
      lookingAt: document.hasFocus() ? String(router.currentRoute.value.params.groupId ?? '') : '',
      thread: panel.current === 'thread' ? (conversation.thread?.id ?? '') : '',
      follows: (threadId: string) => later?.follows(conversation, threadId) ?? false,
    }
    const now = commit.time ? timestampMs(commit.time) : Date.now()
    const posted = toBeTold(frame.lane, commit, conversation, reader, now)
    if (posted) pending.add(posted.messageId)
    if (posted) void inOneWindow(posted.messageId, () => void tellKnown(conversation, posted, now))
  }

  /** Waits for the profile of an author that is not loaded yet. */
  async function tellKnown(conversation: Conversation, posted: MessagePosted, sentAt: number): Promise<void> {
    const known = () => posted.authorName !== '' || directory.user(posted.authorId) !== undefined
    if (!known()) {
      await new Promise<void>((resolve) => {
        const stop = watch(known, (there) => there && done())
        const timer = setTimeout(() => done(), PROFILE_MS)
        const done = () => {
          stop()
          clearTimeout(timer)
          resolve()
        }
      })
    }
    if (pending.delete(posted.messageId)) tell(conversation, posted, sentAt)
  }

  function tell(conversation: Conversation, posted: MessagePosted, sentAt: number): void {
    if (preferences.sound)
      void import('./sound.js').then(({ playNotice }) => playNotice(), handled('notifications.sound'))
    const author = posted.authorName || directory.nameOf(posted.authorId)
    const text = plainText({ ...posted, deleted: false }, directory.nameOf, i18n.t)
    if (document.visibilityState === 'hidden') outside(conversation, posted.messageId, author, text, sentAt)
    else if (preferences.inPage) {
      const { messageId: id, threadId } = posted
      toasts.show(conversation, { id, author, text, threadId })
    }
  }

  function outside(conversation: Conversation, messageId: string, author: string, text: string, sentAt: number): void {
    const said = hidesContent() ? { author: '', text: '' } : { author, text }
    const { id: groupId, name: groupName } = conversation
    const place = { groupId, messageId, groupName, direct: isDirect(conversation) }
    void showOutside({ ...place, ...said, attachment: '', sentAt, locale: i18n.locale.value }).catch(
      handled('notifications.show'),
    )
  }

  /** A message was deleted, for everybody or for this person: its notification is removed. */
  function takeBack(groupId: string, messageId: string): void {
    pending.delete(messageId)
    toasts.takeBack(messageId)
    void takeAwayMessage(groupId, messageId).catch(handled('notifications.close'))
  }

  const opened = ({ data }: MessageEvent<{ kind?: string; path?: string; groupId?: string; callId?: string }>) => {
    const { groupId, callId } = data
    if (data.kind === 'decline call' && groupId && callId)
      void calls.declineCall({ groupId, callId }).catch(handled('calls.decline'))
    if (data.kind === 'accept call' && useCalls().ringing?.id === callId) void useCalls().accept(false)
    if (data.kind === 'open' && data.path) void router.push(data.path)
  }
  serviceWorkers?.addEventListener('message', opened)
  const stops = [
    connection.on('commit', receive),
    connection.on('userEvent', ({ event }) => {
      if (event.case === 'messageHidden') takeBack(event.value.groupId, event.value.messageId)
    }),
    connection.on('groupLeft', ({ groupId }) => {
      dismissToastsAbout(groupId)
      void takeAwayGroups([groupId]).catch(handled('notifications.close'))
    }),
    connection.on('live', () => void load().catch(handled('notifications.load'))),
    keepBadge(total),
    beforeLeaving((asked) => {
      void takeAwayAll().catch(handled('notifications.close'))
      // A person whose session was ended elsewhere gets their chosen state back after signing in.
      return asked ? endPush().catch(handled('push.end')) : undefined
    }),
    watch(
      () => chat.list.filter(({ read }) => read.unread === 0 && read.mentions === 0).map(({ id }) => id),
      (read, before = []) => {
        const now = read.filter((id) => !before.includes(id))
        for (const id of now) dismissToastsAbout(id)
        void takeAwayGroups(now).catch(handled('notifications.close'))
      },
    ),
    toasts.stop,
    () => {
      here = false
      later?.stop()
    },
    () => serviceWorkers?.removeEventListener('message', opened),
  ]
  if (connection.status.value === 'live') void load().catch(handled('notifications.load'))
  return () => {
    for (const stop of stops) stop()
  }
}

/** Runs in one window only: the first. */
async function inOneWindow(name: string, run: () => void): Promise<void> {
  if (!locks) {
    run()
    return
  }
  await locks.request(`beseda.notify.${name}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return
    run()
    await new Promise((resolve) => setTimeout(resolve, ONE_WINDOW_MS))
  })
}
