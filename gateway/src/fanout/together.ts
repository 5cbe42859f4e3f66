/**
 * While a question is under way, those who come gather for the next one, but for no longer than this. Longer: one replica that is stuck
 * delays everybody; shorter: more questions in a storm.
 */
const PATIENCE_MS = 20

interface Asked<K, V> {
  readonly key: K
  readonly resolve: (answer: V) => void
  readonly reject: (error: unknown) => void
}

/** One question for many who ask at about the same time. An answer is never older than its asking. */
export class Together<K, V> {
  #waiting: Asked<K, V>[] = []
  #underWay = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * @param most keys of one question
   * @param ask answers in the order of the keys: the first at least, and who is left without one is asked about again
   */
  constructor(
    private readonly most: number,
    private readonly ask: (keys: readonly K[]) => Promise<readonly V[]>,
  ) {}

  get(key: K): Promise<V> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject })
      if (this.#underWay === 0 || this.#waiting.length >= this.most) this.#send()
      else this.#timer ??= setTimeout(() => this.#send(), PATIENCE_MS)
    })
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const asked = this.#waiting.splice(0, this.most)
    this.#underWay++
    void this.#answer(asked).then((left) => {
      this.#underWay--
      this.#waiting.unshift(...left)
      if (this.#waiting.length > 0) this.#send()
    })
  }

  /** Gives those whom the answer left out. */
  async #answer(asked: readonly Asked<K, V>[]): Promise<readonly Asked<K, V>[]> {
    try {
      const answers = await this.ask(asked.map(({ key }) => key))
      for (const [i, answer] of answers.entries()) asked[i]?.resolve(answer)
      if (answers.length > 0) return asked.slice(answers.length)
      throw new Error('a question without an answer')
    } catch (error) {
      for (const { reject } of asked) reject(error)
      return []
    }
  }
}
