import { forEachSettled, PartialFailure } from '@beseda/async'
import { type EventBody, handleCommand } from '@beseda/event-log'
import type { GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { NOTIFY_STREAM, notifyInvitationsSubject } from '@beseda/proto'
import { forgetInvited, type Invited, lettersFor, noteInvited } from '../domain/invitations/invitations.js'
import type { InvitationLetters } from './invitation-letters.js'
import type { InvitationStore } from './invitation-ports.js'
import type { Correspondents } from './mail-ports.js'
import type { NotificationMemory } from './ports.js'

/** People who are looked at together. */
const PAGE = 500
/**
 * How long a replica has a person to itself, and how long the next letters to them wait. Longer: changes are told later; shorter: whoever
 * changes a call again and again fills mailboxes.
 */
const LEASE_MS = 30_000
const TIMEOUT_MS = 10_000
/** Letters to a person in a round; the next one goes on. More: a mailbox that fills at once, and others who wait; fewer: calendars that fill slowly. */
const LETTERS_AT_ONCE = 20
/** Nobody's command: the actor of what the clock does. */
const NOBODY = ''

/**
 * Writes to people about the scheduled calls of their groups, as invitations for a calendar (ADR 120). Letters first, marked in the log second:
 * whoever ends between the two is made up for by the next round, with the same letters.
 */
export class CallInvitations {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: Pick<InvitationStore, 'page' | 'of' | 'ahead'>,
    private readonly correspondents: Pick<Correspondents, 'reachable'>,
    private readonly memory: Pick<NotificationMemory, 'claim'>,
    private readonly letters: Pick<InvitationLetters, 'write'>,
    /** Streams of the groups that are in the view. */
    private readonly streams: readonly string[],
  ) {}

  /** Errors: PartialFailure with the people for whom it failed, after all were looked at; the next round tries again. */
  async round(now: number): Promise<void> {
    const failures: Error[] = []
    for (let last = ''; ; ) {
      const page = this.store.page(last, now, PAGE)
      try {
        await this.#writeToEach(page, now)
      } catch (error) {
        if (!(error instanceof PartialFailure)) throw error
        failures.push(...error.failures)
      }
      last = page.at(-1) ?? ''
      if (page.length < PAGE) break
    }
    if (failures.length > 0) throw new PartialFailure(failures)
  }

  /** Nothing is kept of a person whose account was deleted. */
  async forget(userId: string): Promise<void> {
    await this.#change(userId, Date.now(), forgetInvited)
  }

  async #writeToEach(page: readonly string[], now: number): Promise<void> {
    // Others are not asked of those to whom there is nothing to say, as of a call that they have declined.
    const due = page.filter((userId) => this.#due(userId, now).letters.length > 0)
    if (due.length === 0) return
    const reachable = await this.correspondents.reachable(due)
    await forEachSettled(
      due,
      (userId) => `person ${userId}`,
      (userId) => this.#write(userId, reachable.has(userId), now),
    )
  }

  #due(userId: string, now: number) {
    const { state, lastSeq } = this.store.of(userId)
    // What this replica knows nothing of has not ended.
    const own = state.filter(({ groupId }) => this.streams.includes(this.history.stream(groupId)))
    return { letters: lettersFor(own, this.store.ahead(userId, now), now), lastSeq }
  }

  /** `reachable`: false: they have no address, or are shut out, and are told of nothing but what is called off. */
  async #write(userId: string, reachable: boolean, now: number): Promise<void> {
    const isFor = ({ cancelled }: Invited) => reachable || cancelled
    const first = this.#due(userId, now).letters.filter(isFor)
    if (first.length === 0 || !(await this.memory.claim(userId, 'invitations', LEASE_MS)).first) return
    // What a view that is behind does not have yet has not ended.
    const ending = new Set(first.filter(({ cancelled }) => cancelled).map(({ groupId }) => groupId))
    for (const groupId of ending) await this.history.catchUp(groupId, AbortSignal.timeout(TIMEOUT_MS))
    const { letters, lastSeq } = this.#due(userId, now)
    const due = letters
      .filter((one) => isFor(one) && (!one.cancelled || ending.has(one.groupId)))
      .slice(0, LETTERS_AT_ONCE)
    // What another replica has written is not written again, however far this view is behind.
    const newest = await this.history.deps.store.last(NOTIFY_STREAM, notifyInvitationsSubject(userId))
    if ((newest?.seq ?? 0) !== lastSeq) return
    const queued: Invited[] = []
    try {
      for (const one of due) {
        await this.letters.write(userId, one, now)
        queued.push(one)
      }
    } finally {
      // One that fails keeps none of those before it from being done.
      if (queued.length > 0) await this.#change(userId, now, (present) => noteInvited(queued, present, now))
    }
  }

  async #change(userId: string, now: number, decide: (present: readonly Invited[]) => EventBody[]): Promise<void> {
    const subject = notifyInvitationsSubject(userId)
    await handleCommand<readonly Invited[]>(this.history.deps, {
      ...{ commandId: newId(), actorId: NOBODY, now: new Date(now), traceparent: undefined },
      ...{ signal: AbortSignal.timeout(TIMEOUT_MS), key: subject, stream: NOTIFY_STREAM, subject },
      load: () => this.store.of(userId),
      decide,
    })
  }
}
