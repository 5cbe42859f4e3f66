import { newId } from '@beseda/kernel'
import { locks } from '../../../browser.js'
import { handled } from '../../../diagnostics/log.js'
import type { CaptionLine } from './exchange.js'
import { type KeptLine, transcriptStore } from './transcript-store.js'

export const lockOf = (transcriptId: string) => `beseda.transcript.${transcriptId}`

/** A copy on this device of the transcript that this page keeps. If the page ends before it is posted, the next one posts it (`postLeft`). */
export class TranscriptCopy {
  #id = newId()
  #upTo = 0
  /** Ends what keeps other pages from posting it. */
  #release: (() => void) | undefined
  #work: Promise<unknown> = Promise.resolve()
  readonly #deletions = transcriptStore.deletions

  /** `keptBy`: the account that keeps it. */
  constructor(
    private readonly groupId: string,
    private readonly keptBy: string,
  ) {}

  /** Of the transcript that is kept now, and of the message that it will be. */
  get id(): string {
    return this.#id
  }

  /** All lines so far. */
  follow(lines: readonly CaptionLine[]): void {
    // Another one begins.
    if (lines.length === 0) this.leave()
    const [id, upTo] = [this.#id, this.#upTo]
    const fresh = lines.filter(({ key }) => key > upTo)
    const last = fresh.at(-1)
    if (!last) return
    this.#upTo = last.key
    this.#hold()
    const { groupId, keptBy } = this
    const kept = fresh.map((line) => ({ ...line, transcriptId: id, groupId, keptBy }))
    // Without storage there is no copy, and the transcript goes on.
    this.#work = this.#work.then(() => this.#put(kept)).catch(handled('calls.captions'))
  }

  /** It could not be posted here: whatever looks for what was left may post it. What is said from now on is another one. */
  leave(): void {
    void this.#work.then(this.#another())
  }

  /** Whoever signs out has all deleted: nothing of theirs comes back while the call ends. */
  async #put(lines: readonly KeptLine[]): Promise<void> {
    if (transcriptStore.deletions === this.#deletions) await transcriptStore.put(lines)
  }

  /** It is posted: what is said from now on is another one, which may have begun already. */
  async drop(id: string): Promise<void> {
    const release = id === this.#id ? this.#another() : undefined
    await this.#work
    await transcriptStore.remove(id)
    release?.()
  }

  /** What is said from now on is another transcript. Answers what lets other pages have the one so far. */
  #another(): () => void {
    const release = this.#release
    this.#release = undefined
    this.#id = newId()
    return () => release?.()
  }

  #hold(): void {
    if (this.#release) return
    const posted = Promise.withResolvers<void>()
    this.#release = posted.resolve
    void locks?.request(lockOf(this.#id), () => posted.promise).catch(handled('calls.captions'))
  }
}
