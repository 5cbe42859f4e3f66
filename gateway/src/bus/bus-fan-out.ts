import { type CommitCopy, copyOf, type GroupCopies, JetStreamFanOut } from '@beseda/event-log'
import { fanSubject } from '@beseda/proto'
import { Listeners } from './listeners.js'

/** Copies of commits in a process that follows tens of thousands of groups: a subscription of each takes 64 bytes. */
export class BusFanOut extends JetStreamFanOut {
  override ofGroups(partitionOf: (groupId: string) => number, handle: (copy: CommitCopy) => void): GroupCopies {
    return new Listeners(
      this.nats,
      (groupId) => fanSubject(partitionOf(groupId), groupId, '*'),
      (_, message) => {
        const copy = copyOf(message)
        if (copy) handle(copy)
      },
    )
  }
}
