/** Of one device: a message comes twice at most, and soon after the first time. */
const REMEMBERED = 50

interface Heard {
  newest: number
  numbers: readonly number[]
}

/** What each device has been heard to say, by its numbers: messages take more than one way, and the slower one brings them again, and later. */
export class Once {
  readonly #heard = new Map<string, Heard>()

  /** Of what is whole in itself: what comes after something newer is out of date. */
  isNewest(deviceId: string, number: number): boolean {
    const heard = this.#of(deviceId)
    if (number > 0 && number <= heard.newest) return false
    heard.newest = Math.max(heard.newest, number)
    return true
  }

  /** Of what each is something of its own, in any order. */
  isFirst(deviceId: string, number: number): boolean {
    const heard = this.#of(deviceId)
    if (number > 0 && heard.numbers.includes(number)) return false
    heard.numbers = [...heard.numbers, number].slice(-REMEMBERED)
    return true
  }

  /** The others are gone: whoever comes back begins anew. */
  keep(deviceIds: ReadonlySet<string>): void {
    for (const deviceId of [...this.#heard.keys()]) if (!deviceIds.has(deviceId)) this.#heard.delete(deviceId)
  }

  #of(deviceId: string): Heard {
    const heard = this.#heard.get(deviceId) ?? { newest: 0, numbers: [] }
    this.#heard.set(deviceId, heard)
    return heard
  }
}
