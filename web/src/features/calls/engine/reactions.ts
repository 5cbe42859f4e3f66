import { Alarm, type Clock } from '../../../time/clock.js'

/** What people show in a call for a moment. Others are ignored: a peer may send anything. */
export const REACTIONS = ['👍', '❤️', '😂', '🎉', '👏', '😮'] as const
export type Reaction = (typeof REACTIONS)[number]

export const reactionText = (reaction: Reaction): string => JSON.stringify({ reaction })

/** Undefined when the message does not have this format. */
export function reactionOf(text: string): Reaction | undefined {
  try {
    const said = JSON.parse(text) as { readonly reaction?: unknown } | null
    return REACTIONS.find((reaction) => reaction === said?.reaction)
  } catch {
    // Not JSON.
    return undefined
  }
}

/** A reaction on somebody's tile. `turn` counts: the same one again is another one. */
export interface ShownReaction {
  readonly reaction: Reaction
  readonly turn: number
}

/** Longer: the tile is covered; shorter: nobody has seen who it was. */
const SHOWN_MS = 4_000

/** The newest reaction of each person, for as long as it is shown. */
export class Reactions {
  readonly #shown = new Map<string, { readonly is: ShownReaction; readonly until: Alarm }>()
  #turn = 0

  constructor(
    private readonly clock: Clock,
    private readonly onChange: () => void,
  ) {}

  of(userId: string): ShownReaction | undefined {
    return this.#shown.get(userId)?.is
  }

  show(userId: string, reaction: Reaction): void {
    const until = this.#shown.get(userId)?.until ?? new Alarm(this.clock)
    this.#turn += 1
    this.#shown.set(userId, { is: { reaction, turn: this.#turn }, until })
    until.set(SHOWN_MS, () => {
      this.#shown.delete(userId)
      this.onChange()
    })
    this.onChange()
  }

  close(): void {
    for (const { until } of this.#shown.values()) until.clear()
    this.#shown.clear()
  }
}
