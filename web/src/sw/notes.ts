import type { CallNote, CallOverNote, MessageNote, Note, ReminderNote } from '@beseda/rules'
import { isolated } from '@beseda/rules/direction'

/** Data kept with a notification that is shown. */
export interface ShownData {
  readonly path: string
  readonly groupId: string
  /** Set for a call that rings. */
  readonly callId?: string
  /** Ids of the messages it covers. */
  readonly count: number
  /** The newest of them, the newest last. */
  readonly said?: readonly Said[]
}

/** The line of one message on a notification. */
interface Said {
  readonly messageId: string
  readonly line: string
  /** Put before the text; empty for nothing. */
  readonly author: string
  /** Shown instead when there is no text. */
  readonly wordless: string
}

/** Number of lines kept with a notification: after this many deletions there is no text left to show. */
const MOST_SAID = 8

/** A button; `text`: a field, in browsers that have one on notifications. */
interface NoteAction {
  readonly action: string
  readonly title: string
  readonly type?: 'button' | 'text'
}

/** The options of `showNotification`; the DOM's own type lacks properties that browsers have had for years. */
export interface Shown {
  readonly title: string
  readonly options: {
    readonly body: string
    readonly tag: string
    readonly renotify: boolean
    readonly silent?: boolean
    readonly timestamp: number
    readonly icon: string
    readonly badge: string
    readonly lang: string
    readonly data: ShownData
    readonly requireInteraction?: boolean
    readonly actions?: readonly NoteAction[]
  }
}

/** A service worker has no access to the page's translations. */
const WORDS = {
  en: {
    picture: 'Picture',
    voice: 'Voice message',
    file: 'File',
    poll: 'Poll',
    message: 'New message',
    call: 'Incoming call',
    videoCall: 'Incoming video call',
    missed: 'Missed call',
    accept: 'Accept',
    decline: 'Decline',
    reply: 'Reply',
    scheduled: 'Scheduled call',
    begins: (time: string) => `Begins at ${time}`,
    test: 'Notifications work on this device.',
    more: (n: number) => (n === 1 ? '1 new message' : `${n} new messages`),
  },
  ru: {
    picture: 'Фото',
    voice: 'Голосовое сообщение',
    file: 'Файл',
    poll: 'Опрос',
    message: 'Новое сообщение',
    call: 'Входящий звонок',
    videoCall: 'Входящий видеозвонок',
    missed: 'Пропущенный звонок',
    accept: 'Ответить',
    decline: 'Отклонить',
    reply: 'Ответить',
    scheduled: 'Запланированный звонок',
    begins: (time: string) => `Начало в ${time}`,
    test: 'Уведомления на этом устройстве работают.',
    more: (n: number) =>
      `${n} ${{ one: 'новое сообщение', few: 'новых сообщения' }[new Intl.PluralRules('ru').select(n) as string] ?? 'новых сообщений'}`,
  },
} as const

const wordsOf = (locale: string) => (locale.startsWith('ru') ? WORDS.ru : WORDS.en)
/** A device that was off reminds of a call that has just begun, and of no older one. */
const LATE_MS = 5 * 60_000
const ICON = '/icons/192.png'
const BADGE = '/icons/badge-96.png'

/** The content of a notification of a message, apart from what is on the screen already. */
export type NoteToShow = Omit<MessageNote, 'kind'>

/** The one notification of a group: the newest message, and the number of messages it covers. */
export function messageShown(note: NoteToShow, before: Pick<ShownData, 'count' | 'said'> | undefined): Shown {
  const { groupId, messageId, direct, groupName, author, text, attachment, locale, sentAt } = note
  const words = wordsOf(locale)
  const newest = said({
    messageId,
    author: direct ? '' : author,
    wordless: attachment === '' ? words.message : words[attachment],
    text: attachment === 'poll' ? `${words.poll}: ${text}` : text,
  })
  const others = before?.said?.filter((one) => one.messageId !== messageId) ?? []
  // The same message arrives by push and from an open page: count it once.
  const isKnown = others.length < (before?.said?.length ?? 0)
  const count = (before?.count ?? 0) + (isKnown ? 0 : 1)
  return {
    title: (direct ? author : groupName) || 'Beseda',
    options: {
      ...looks(locale),
      ...standsFor(groupId, [...others, newest], count, locale),
      renotify: !isKnown,
      timestamp: sentAt,
    },
  }
}

function said({ text, ...one }: Omit<Said, 'line'> & { readonly text: string }): Said {
  const content = text || one.wordless
  return { ...one, line: one.author ? `${isolated(one.author)}: ${isolated(content)}` : content }
}

/** The part of a shown notification that is needed to replace it. */
export interface OnScreen {
  readonly title: string
  readonly lang: string
  readonly timestamp?: number
  readonly data: unknown
}

/**
 * What a group's notification shows after one of its messages was deleted; `nothing` when it was the last, undefined when the notification
 * does not cover that message.
 */
export function withoutMessage(shown: OnScreen, messageId: string): Shown | 'nothing' | undefined {
  const { count, said = [] } = shown.data as ShownData
  const left = said.filter((one) => one.messageId !== messageId)
  if (left.length === said.length) return undefined
  return count <= 1 ? 'nothing' : inItsPlace(shown, left, count - 1)
}

/** What a group's notification shows after one of its messages was edited; undefined when that changes nothing. */
export function withEdited(shown: OnScreen, messageId: string, text: string): Shown | undefined {
  const { count, said: before = [] } = shown.data as ShownData
  const present = before.find((one) => one.messageId === messageId)
  if (!present) return undefined
  const edited = said({ ...present, text })
  if (edited.line === present.line) return undefined
  return inItsPlace(
    shown,
    before.map((one) => (one === present ? edited : one)),
    count,
  )
}

/** Without a sound: there is no new message. */
function inItsPlace({ title, lang, timestamp, data }: OnScreen, said: readonly Said[], count: number): Shown {
  const { groupId } = data as ShownData
  const options = { ...looks(lang), ...standsFor(groupId, said, count, lang), timestamp: timestamp ?? 0 }
  return { title, options: { ...options, renotify: false, silent: true } }
}

function standsFor(groupId: string, said: readonly Said[], count: number, locale: string) {
  const words = wordsOf(locale)
  const newest = said.at(-1)
  const line = newest?.line ?? words.message
  const path = `/c/${groupId}${newest ? `?m=${newest.messageId}` : ''}`
  return {
    actions: [{ action: 'reply', type: 'text' as const, title: words.reply }],
    body: count > 1 ? `${line}\n${words.more(count)}` : line,
    tag: tagOf(groupId),
    data: { path, groupId, count, said: said.slice(-MOST_SAID) },
  }
}

/** A ringing call; undefined when the push arrived too late. */
export function callShown(note: CallNote, now: number): Shown | undefined {
  const { callId, groupId, video, until, locale } = note
  if (until <= now) return undefined
  const words = wordsOf(locale)
  return {
    title: titleOf(note),
    options: {
      ...looks(locale),
      body: video ? words.videoCall : words.call,
      tag: callTag(callId),
      renotify: true,
      requireInteraction: true,
      timestamp: now,
      actions: [
        { action: 'accept', title: words.accept },
        { action: 'decline', title: words.decline },
      ],
      data: { path: `/c/${groupId}`, groupId, callId, count: 1 },
    },
  }
}

export const missedShown = (note: CallOverNote, now: number): Shown => ({
  title: titleOf(note),
  options: {
    ...looks(note.locale),
    body: wordsOf(note.locale).missed,
    tag: callTag(note.callId),
    renotify: false,
    timestamp: now,
    data: { path: `/c/${note.groupId}`, groupId: note.groupId, count: 1 },
  },
})

/** A scheduled call that begins soon; the same one that comes again makes no sound. Undefined when it came too late. */
export function reminderShown(note: ReminderNote, now: number): Shown | undefined {
  const { groupId, scheduleId, title, groupName, startsAt, locale } = note
  if (startsAt + LATE_MS <= now) return undefined
  const words = wordsOf(locale)
  const time = new Date(startsAt).toLocaleTimeString(locale || 'en', { hour: 'numeric', minute: '2-digit' })
  return {
    title: [title || words.scheduled, groupName].filter(Boolean).join(' · '),
    options: {
      ...looks(locale),
      body: words.begins(time),
      tag: `reminder-${scheduleId}-${startsAt}`,
      renotify: false,
      timestamp: now,
      // It is no message, and counts for nothing on the icon.
      data: { path: `/g/${groupId}/call/${scheduleId}`, groupId, count: 0 },
    },
  }
}

const titleOf = ({ direct, caller, groupName }: CallNote | CallOverNote): string =>
  (direct ? caller : [caller, groupName].filter(Boolean).join(' · ')) || 'Beseda'

/** One notification per call: ringing, and then missed. */
export const callTag = (callId: string): string => `call-${callId}`

export const testShown = (locale: string, now: number): Shown => ({
  title: 'Beseda',
  options: {
    ...looks(locale),
    body: wordsOf(locale).test,
    tag: 'test',
    renotify: true,
    timestamp: now,
    data: { path: '/', groupId: '', count: 1 },
  },
})

const looks = (locale: string) => ({ icon: ICON, badge: BADGE, lang: locale.startsWith('ru') ? 'ru' : 'en' })

/** Notifications of one group replace each other. */
export const tagOf = (groupId: string): string => `group-${groupId}`

/** Undefined for a note of a kind that this version does not know. */
export function readNote(text: string): Note | undefined {
  try {
    const note = JSON.parse(text) as Note
    return ['message', 'read', 'deleted', 'edited', 'test', 'call', 'call-over', 'reminder'].includes(note.kind)
      ? note
      : undefined
  } catch {
    // Not JSON: from a version that this one does not know.
    return undefined
  }
}
