const KEY = 'beseda.read'

/** The newest message seen in each group, on this device. */
export class ReadMarks {
  readonly #marks: Map<string, number>

  constructor() {
    try {
      this.#marks = new Map(JSON.parse(localStorage.getItem(KEY) ?? '[]') as [string, number][])
    } catch {
      this.#marks = new Map()
    }
  }

  of(groupId: string): number {
    return this.#marks.get(groupId) ?? 0
  }

  set(groupId: string, seq: number): void {
    if (seq <= this.of(groupId)) return
    this.#marks.set(groupId, seq)
    localStorage.setItem(KEY, JSON.stringify([...this.#marks]))
  }
}
