import type { Commit } from '@beseda/proto/log/v1/commit'
import { topicOf } from '../domain/topic.js'
import type { Memory } from './ports.js'
import type { Sender } from './sender.js'
import type { Subscriptions } from './subscriptions.js'

/** As long as a push of a message may wait for its device. */
const TTL_SECONDS = 24 * 3_600

/** What becomes of messages that people were told: pushes that are held read as they do now, and what was deleted leaves the screens. */
export class Changes {
  constructor(
    /** Members of a group with a device that can be reached. */
    private readonly reachable: (groupId: string) => readonly string[],
    private readonly subscriptions: Pick<Subscriptions, 'living'>,
    private readonly memory: Pick<Memory, 'change' | 'takeTold'>,
    private readonly sender: Pick<Sender, 'send'>,
  ) {}

  /** A commit of the messages lane, seen by one replica only: any other may hold a push of what is edited or deleted. */
  async heard(groupId: string, { events }: Commit, now: number): Promise<void> {
    for (const { body } of events) {
      if (body.case === 'messageEdited') await this.memory.change(body.value.messageId, { text: body.value.text })
      if (body.case !== 'messageDeleted') continue
      const { messageId } = body.value
      // Before it is asked who was told: whoever is being told at this moment sees it, or is found.
      await this.memory.change(messageId, 'deleted')
      await this.takeAway(this.reachable(groupId), groupId, messageId, now)
    }
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
