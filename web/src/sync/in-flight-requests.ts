import { type LaneHeads, NO_HEADS } from '@beseda/client-protocol'
import type { LaneCommit } from './model/fold.js'
import type { Conversation } from './model/model.js'

interface Question {
  /** Commits received since the request was sent. */
  readonly since: LaneCommit[]
  /** More commits exist than this window has received. */
  missed: boolean
}

/** Requests about groups that change meanwhile: each answer is brought up to date with the commits received since the request was sent. */
export class InFlightRequests {
  readonly #questions = new Map<string, Set<Question>>()

  constructor(private readonly conversations: ReadonlyMap<string, Conversation>) {}

  heard(groupId: string, commit: LaneCommit): void {
    for (const { since } of this.#of(groupId)) since.push(commit)
  }

  /** This window misses commits: the answers in flight cannot be brought up to date, and are requested again. */
  missed(groupId: string): void {
    for (const question of this.#of(groupId)) question.missed = true
  }

  /**
   * `put` sends the request with the current heads; the server must not answer with an older state. `take` receives the
   * commits received since, at the moment when the answer is applied.
   */
  async ask<A, T>(
    groupId: string,
    put: (seqs: LaneHeads) => Promise<A>,
    take: (answer: A, since: readonly LaneCommit[]) => T,
  ): Promise<T> {
    for (;;) {
      const question: Question = { since: [], missed: false }
      this.#questions.set(groupId, this.#of(groupId).add(question))
      try {
        const answer = await put(this.conversations.get(groupId)?.seqs ?? NO_HEADS)
        if (!question.missed) return take(answer, question.since)
      } finally {
        this.#of(groupId).delete(question)
      }
    }
  }

  readonly #of = (groupId: string): Set<Question> => this.#questions.get(groupId) ?? new Set()
}
