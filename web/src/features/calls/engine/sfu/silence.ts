/** Between complaints that nothing arrives. */
const AGAIN_MS = 1_000
/** Without a packet of anybody for this time, the node is taken for dead. Longer: people wait in silence; shorter: a short cut moves all. */
const SILENT_MS = 2_000

/** Whether nothing arrives any more in a room where somebody was heard. */
export class Silence {
  #wasHeard = false
  /** The newest packet of anybody, and when it was seen. */
  #newest = 0
  #newestAt = 0

  /** In the room from now on. */
  begin(now: number): void {
    this.#wasHeard = false
    this.#newestAt = now
  }

  /**
   * True: it is time to say so. `heardAt`: the newest packet of each who is heard, which browsers forget after ten seconds without any.
   * `speak`: somebody is there whose microphone is on.
   */
  look(now: number, heardAt: readonly number[], speak: boolean): boolean {
    const newest = Math.max(0, ...heardAt)
    const isOver = heardAt.length === 0 && !(this.#wasHeard && speak)
    if (isOver || (heardAt.length > 0 && newest !== this.#newest)) this.#newestAt = now
    if (heardAt.length > 0) this.#newest = newest
    this.#wasHeard ||= heardAt.length > 0
    if (now - this.#newestAt < SILENT_MS) return false
    this.#newestAt = now - SILENT_MS + AGAIN_MS
    return true
  }
}
