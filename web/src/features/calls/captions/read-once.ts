import type { CaptionLine } from './exchange.js'

/**
 * What a screen reader reads of captions: each line once, when it is new, and not what the person has said. The list itself is no live
 * region: with "Earlier captions" lines come that were read long ago.
 */
export class ReadOnce {
  #last: number

  constructor(
    before: readonly CaptionLine[],
    private readonly me: string,
  ) {
    this.#last = before.at(-1)?.key ?? 0
  }

  of(lines: readonly CaptionLine[]): readonly CaptionLine[] {
    const fresh = lines.filter(({ key, userId }) => key > this.#last && userId !== this.me)
    this.#last = lines.at(-1)?.key ?? this.#last
    return fresh
  }
}
