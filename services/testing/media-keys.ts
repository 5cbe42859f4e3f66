import type { KeyCommit, KeyGroup, MediaKeys } from '../call/src/application/ports.js'

interface Held {
  readonly name: string
  readonly commits: readonly KeyCommit[]
  readonly groupInfo: Uint8Array
}

const NONE = { epoch: 0, commits: [], groupInfo: new Uint8Array() }
const nameOf = ({ callId, generation }: KeyGroup): string => `${callId}.${generation}`
const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

/** Keeps every commit. */
export function memoryMediaKeys(): MediaKeys {
  const groups = new Map<string, Held>()
  const heldOf = (group: KeyGroup) => {
    const held = groups.get(group.groupId)
    return held?.name === nameOf(group) ? held : undefined
  }
  const since = (group: KeyGroup, epoch: number) => {
    const held = heldOf(group)
    return held ? { ...NONE, ...held, epoch: held.commits.length, commits: held.commits.slice(epoch) } : NONE
  }
  return {
    async commit(group, { epoch, commit, groupInfo }) {
      const held = heldOf(group)
      const made = held?.commits ?? []
      if (made.length === epoch) {
        const commits = [...made, { generation: group.generation, epoch: epoch + 1, commit }]
        groups.set(group.groupId, { name: nameOf(group), commits, groupInfo })
        return { accepted: true, state: NONE }
      }
      const repeats = made[epoch] !== undefined && isSame(made[epoch].commit, commit) && commit.length > 0
      return { accepted: repeats, state: since(group, epoch) }
    },
    since: async (group, epoch) => since(group, epoch),
    forget: async (groupId) => void groups.delete(groupId),
  }
}
