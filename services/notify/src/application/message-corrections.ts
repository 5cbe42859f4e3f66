import type { MessageEdited } from '@beseda/proto/group/v1/events'
import type { Commit } from '@beseda/proto/log/v1/commit'
import { noteText } from '../domain/notes/message-note.js'
import { topicOf } from '../domain/notes/topic.js'
import type { Audience, NotificationMemory, People, PreferencesStore } from './ports.js'
import type { PushSender } from './push-sender.js'
import type { PushSubscriptions } from './push-subscriptions.js'

/** As long as the push of a message may wait for its device. */
const TTL_SECONDS = 24 * 3_600

/** Corrects notifications of messages that were edited, and removes those of messages that were deleted (ADR 49). */
export class MessageCorrections {
  constructor(
    private readonly audience: Pick<Audience, 'reachableMembers'>,
    private readonly preferences: Pick<PreferencesStore, 'general'>,
    private readonly people: Pick<People, 'names'>,
    private readonly subscriptions: Pick<PushSubscriptions, 'living'>,
    private readonly memory: Pick<NotificationMemory, 'noteChange' | 'notifiedOf' | 'takeNotified'>,
    private readonly sender: Pick<PushSender, 'send'>,
  ) {}

  /** A commit of lane `messages`, which one replica gets; any other may hold back a notification of the message. */
  async committed(groupId: string, { events }: Commit, now: number): Promise<void> {
    for (const { body } of events) {
      if (body.case === 'messageEdited') await this.#edited(groupId, body.value, now)
      if (body.case === 'messageDeleted') await this.#deleted(groupId, body.value.messageId, now)
    }
  }

  /** Removes a message from the screens of these people if it may be there. */
  async remove(userIds: readonly string[], groupId: string, messageId: string, now: number): Promise<void> {
    const notified = await this.memory.takeNotified(userIds, groupId, messageId)
    const isNewest = new Map(notified.map(({ userId, newest }) => [userId, newest]))
    for (const device of await this.subscriptions.living([...isNewest.keys()], now)) {
      // Replaces the message itself where that still waits, but never a later one.
      const topic = topicOf(isNewest.get(device.userId) ? groupId : messageId)
      const note = { kind: 'deleted', groupId, messageId } as const
      this.sender.send(device, note, { ttlSeconds: TTL_SECONDS, urgency: 'low', topic })
    }
  }

  async #deleted(groupId: string, messageId: string, now: number): Promise<void> {
    // Noted before it is asked who was notified: somebody who is being notified at this moment sees the note, or is found.
    await this.memory.noteChange(messageId, 'deleted')
    await this.remove(this.#reachable(groupId), groupId, messageId, now)
  }

  async #edited(groupId: string, { messageId, text, mentions }: MessageEdited, now: number): Promise<void> {
    await this.memory.noteChange(messageId, { text })
    const notified = await this.memory.notifiedOf(this.#reachable(groupId), groupId, messageId)
    const readers = notified.filter((userId) => !this.preferences.general(userId).state.hideContent)
    if (readers.length === 0) return
    const mentioned = mentions?.userIds ?? []
    const names = mentioned.length > 0 ? await this.people.names(mentioned) : new Map<string, string>()
    const note = { kind: 'edited', groupId, messageId, text: noteText(text, (id) => names.get(id) ?? '?') } as const
    // A topic of its own: replacing a message that still waits would notify nobody of it.
    const terms = { ttlSeconds: TTL_SECONDS, urgency: 'low', topic: topicOf(messageId) } as const
    for (const device of await this.subscriptions.living(readers, now)) this.sender.send(device, note, terms)
  }

  #reachable(groupId: string): readonly string[] {
    return this.audience.reachableMembers(groupId).map(({ userId }) => userId)
  }
}
