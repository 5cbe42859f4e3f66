import type { MessageEdited } from '@beseda/proto/group/v1/events'
import type { Commit } from '@beseda/proto/log/v1/commit'
import { plainLine } from '../domain/note.js'
import { topicOf } from '../domain/topic.js'
import type { Memory, People } from './ports.js'
import type { Sender } from './sender.js'
import type { Subscriptions } from './subscriptions.js'

/** As long as a push of a message may wait for its device. */
const TTL_SECONDS = 24 * 3_600

/** What becomes of messages that people were told: held or on a screen they read as they do now, and what was deleted leaves. */
export class Changes {
  constructor(
    /** Members of a group with a device that can be reached. */
    private readonly reachable: (groupId: string) => readonly string[],
    private readonly hidesContent: (userId: string) => boolean,
    private readonly people: Pick<People, 'names'>,
    private readonly subscriptions: Pick<Subscriptions, 'living'>,
    private readonly memory: Pick<Memory, 'change' | 'whoWasTold' | 'takeTold'>,
    private readonly sender: Pick<Sender, 'send'>,
  ) {}

  /** A commit of the messages lane, seen by one replica only: any other may hold a push of what is edited or deleted. */
  async heard(groupId: string, { events }: Commit, now: number): Promise<void> {
    for (const { body } of events) {
      if (body.case === 'messageEdited') await this.#putRight(groupId, body.value, now)
      if (body.case !== 'messageDeleted') continue
      const { messageId } = body.value
      // Before it is asked who was told: whoever is being told at this moment sees it, or is found.
      await this.memory.change(messageId, 'deleted')
      await this.takeAway(this.reachable(groupId), groupId, messageId, now)
    }
  }

  async #putRight(groupId: string, { messageId, text, mentions }: MessageEdited, now: number): Promise<void> {
    await this.memory.change(messageId, { text })
    const told = await this.memory.whoWasTold(this.reachable(groupId), groupId, messageId)
    const reading = told.filter((userId) => !this.hidesContent(userId))
    if (reading.length === 0) return
    const called = mentions?.userIds ?? []
    const names = called.length > 0 ? await this.people.names(called) : new Map<string, string>()
    const note = { kind: 'edited', groupId, messageId, text: plainLine(text, (id) => names.get(id) ?? '?') } as const
    // Not in the place of the message where that still waits: it is what tells of it.
    const terms = { ttlSeconds: TTL_SECONDS, urgency: 'low', topic: topicOf(messageId) } as const
    for (const device of await this.subscriptions.living(reading, now)) this.sender.send(device, note, terms)
  }

  /** From the screens of these people, if it may be there. */
  async takeAway(userIds: readonly string[], groupId: string, messageId: string, now: number): Promise<void> {
    const told = new Map(
      (await this.memory.takeTold(userIds, groupId, messageId)).map(({ userId, newest }) => [userId, newest]),
    )
    for (const device of await this.subscriptions.living([...told.keys()], now)) {
      // In the place of the message itself where that still waits; never in the place of a later one.
      const topic = topicOf(told.get(device.user_id) ? groupId : messageId)
      const note = { kind: 'deleted', groupId, messageId } as const
      this.sender.send(device, note, { ttlSeconds: TTL_SECONDS, urgency: 'low', topic })
    }
  }
}
