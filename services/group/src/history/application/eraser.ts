import { forEachSettled } from '@beseda/async'
import type { Caller, GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { CommitSchema, type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { FileSweeper } from '../../files/application/file-sweeper.js'
import type { GroupCommands } from '../../groups/application/group-commands.js'
import type { MessageChanges } from '../../messages/application/message-changes.js'
import { holdsUpToDate } from '../../retention/application/holds-up-to-date.js'
import { redactionOf } from '../domain/redaction.js'
import type { ErasureStore } from './ports.js'

/** Items of one step of a round, so that other work comes in between. */
const BATCH = 200
/** Groups that are worked on side by side: their appends wait for the disk together. */
const AT_ONCE = 50
/** Bytes of kept events in one commit. */
const MAX_KEPT_BYTES = 256 * 1024
const TIMEOUT_MS = 10_000

const groupName = (groupId: string): string => `group ${groupId}`

/**
 * Makes deleted content disappear from the log (ADR 9). A commit that holds some is read, what must stay of it is written again as a
 * CommitRedacted, and only then is the commit erased: a crash at any point loses nothing, and the next round finds what is left to
 * do. All replicas do it; doing it twice does no harm. A group that fails keeps no other waiting.
 */
export class Eraser {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: ErasureStore,
    private readonly changes: Pick<MessageChanges, 'remove'>,
    private readonly groups: Pick<GroupCommands, 'close'>,
    private readonly files: Pick<FileSweeper, 'deleteDue'>,
  ) {}

  /** Errors: PartialFailure with what is left for the next round. */
  async round(now: Date): Promise<void> {
    const steps: [name: string, step: () => Promise<void> | void][] = [
      ['expired messages', () => this.store.expire(now.getTime(), BATCH)],
      ['deleted accounts', () => this.#erasePeople(now)],
      ['abandoned groups', () => this.#closeAbandoned(now)],
      ['commits', () => this.#eraseCommits(now)],
      ['deleted groups', () => this.#purgeGroups()],
      ['files', () => this.files.deleteDue()],
    ]
    await forEachSettled(
      steps,
      ([name]) => name,
      ([, step]) => step(),
    )
  }

  /** Everything that people said whose accounts are deleted is deleted for all. */
  async #erasePeople(now: Date): Promise<void> {
    await forEachSettled(
      this.store.peopleToErase(),
      (userId) => `person ${userId}`,
      async (userId) => {
        const groups = () => this.store.groupsWithMessagesOf(userId)
        // A message posted at the last moment makes one more pass necessary.
        for (let left = groups(); left.length > 0; left = groups()) {
          await forEachSettled(left, groupName, (groupId) => this.#eraseFrom(groupId, userId, now), AT_ONCE)
        }
        this.store.personErased(userId)
      },
    )
  }

  async #eraseFrom(groupId: string, userId: string, now: Date): Promise<void> {
    const messages = () => this.store.messagesOf(userId, groupId, BATCH)
    for (let batch = messages(); batch.length > 0; batch = messages()) {
      await Promise.all(batch.map((id) => this.changes.remove(groupId, id, callerOf(userId, now))))
    }
  }

  async #closeAbandoned(now: Date): Promise<void> {
    await forEachSettled(this.store.abandonedGroups(BATCH), groupName, (groupId) =>
      this.groups.close(groupId, callerOf('', now)),
    )
  }

  /** Each group has a share of the round: one with much to erase, or with something that fails, does not fill it. */
  async #eraseCommits(now: Date): Promise<void> {
    const groups = this.store.groupsToErase(BATCH)
    const share = Math.ceil(BATCH / groups.length)
    await forEachSettled(groups, groupName, (groupId) => this.#eraseCommitsOf(groupId, share, now), AT_ONCE)
  }

  async #eraseCommitsOf(groupId: string, limit: number, now: Date): Promise<void> {
    await holdsUpToDate(this.history.deps)
    const { store } = this.history.deps
    const stream = this.history.stream(groupId)
    const { seqs, redactions } = await this.#redactions(groupId, limit)
    if (redactions.length > 0) {
      const commit = create(CommitSchema, { id: newId(), time: timestampFromDate(now), events: redactions })
      const result = await store.append({ stream, subject: this.history.subject(groupId, 'messages'), commit })
      if (result.kind !== 'appended') throw new Error('an append without an expectation was refused')
      await this.history.waitFor(groupId, result.seq)
    }
    for (const seq of seqs) {
      await store.erase(stream, seq)
      this.store.commitErased(groupId, seq)
    }
  }

  /** What must stay of the next commits that are to be erased, as many as one new commit takes. */
  async #redactions(groupId: string, limit: number): Promise<{ seqs: number[]; redactions: Event[] }> {
    const [seqs, redactions]: [number[], Event[]] = [[], []]
    const filter = this.history.subject(groupId, 'messages')
    let size = 0
    for (const seq of this.store.commitsToErase(groupId, limit)) {
      const options = { afterSeq: seq - 1, filter, limit: 1 }
      const [stored] = await this.history.deps.store.read(this.history.stream(groupId), options)
      seqs.push(seq)
      if (stored?.seq !== seq) continue
      const redaction = redactionOf(seq, stored.commit, (messageId, authorId) =>
        this.store.standing(groupId, messageId, authorId),
      )
      redactions.push(redaction)
      size += toBinary(EventSchema, redaction).length
      if (size > MAX_KEPT_BYTES) break
    }
    return { seqs, redactions }
  }

  async #purgeGroups(): Promise<void> {
    await forEachSettled(
      this.store.groupsToPurge(BATCH),
      ({ groupId }) => groupName(groupId),
      async ({ groupId, uptoSeq }) => {
        await holdsUpToDate(this.history.deps)
        if (!this.store.groupsToPurge(BATCH).some((due) => due.groupId === groupId)) return
        const subject = this.history.subject(groupId, 'messages')
        await this.history.deps.store.purge(this.history.stream(groupId), subject, uptoSeq)
        this.store.groupPurged(groupId)
      },
    )
  }
}

const callerOf = (userId: string, now: Date): Caller => ({
  commandId: newId(),
  userId,
  now,
  traceparent: undefined,
  signal: AbortSignal.timeout(TIMEOUT_MS),
})
