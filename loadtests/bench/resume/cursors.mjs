import { partitionOf } from '@beseda/kernel'
import { historyStream } from '@beseda/proto'
import { jetstreamManager } from '@nats-io/jetstream'

/** Groups whose messages are stored at once. */
const IN_FLIGHT = 64

/** Positions of members in the history of their groups: in each group every member stands elsewhere, so that no two resumes ask for the same. */
export class Cursors {
  /** Commits that the clients lack together. */
  missed = 0

  /** @param {{ groupIds: string[], created: bigint[], seqs: readonly (readonly bigint[])[], epochs: readonly string[] }} log `seqs`: of the messages of each group */
  constructor(log) {
    this.log = log
  }

  /**
   * Stores one message more in each group than it has members.
   * @param {Awaited<ReturnType<typeof import('../net/platform.mjs').platform>>} running @param {{ members: number, partitions: number }} sizes
   */
  static async stored(running, { members, partitions }) {
    const bus = await running.fleet.connectToBus()
    const manager = await jetstreamManager(bus)
    const epochs = await Promise.all(
      Array.from({ length: partitions }, async (_, p) => {
        const { config } = await manager.streams.info(historyStream(p))
        return config.metadata?.['beseda-epoch'] ?? ''
      }),
    )
    await bus.close()
    const { groupIds, created } = running
    /** @type {bigint[][]} */
    const seqs = groupIds.map(() => [])
    let next = 0
    const lane = async () => {
      while (next < groupIds.length) {
        const group = next++
        for (let i = 0; i <= members; i++) seqs[group]?.push(BigInt(await running.say(group, `message ${i}`)))
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
    return new Cursors({ groupIds, created, seqs, epochs })
  }

  /** The cursors of a member; `place`: which member of its groups it is, from 0 on. Every second group has nothing new for anybody. @param {readonly number[]} groups @param {number} place */
  of(groups, place) {
    const { groupIds, created, seqs, epochs } = this.log
    return groups.map((group) => {
      const groupId = groupIds[group] ?? ''
      const all = seqs[group] ?? []
      const behind = group % 2 === 0 ? 1 + (place % (all.length - 1)) : 0
      this.missed += behind
      const epoch = epochs[partitionOf(groupId, epochs.length)] ?? ''
      return { groupId, epoch, groupSeq: created[group], messagesSeq: all[all.length - 1 - behind] }
    })
  }
}
