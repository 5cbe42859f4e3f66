import { type LaneHeads, NO_HEADS } from '@beseda/client-protocol'
import type { LaneCommit } from './model/fold.js'
import type { Conversation } from './model/model.js'

interface Question {
  /** What was said since it was asked. */
  readonly since: LaneCommit[]
  /** More was said than this window was told. */
  missed: boolean
}

/** Requests about groups that change meanwhile: each answer is brought up to date with the commits that came since it was asked for. */
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
   * `put` is given what is known here, and answers nothing that is behind it: that could not be brought up to date. `take` is given what
   * came since, at the moment when the answer is taken.
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
