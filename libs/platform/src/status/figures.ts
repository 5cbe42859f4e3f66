/** Numbers that a process reports to the administrators' overview, by name. */
export class Figures extends Map<string, () => number | Promise<number>> {
  /** The current values. A figure that cannot be counted now is left out. */
  async read(): Promise<Record<string, bigint>> {
    const counted = await Promise.all(
      [...this].map(async ([name, count]) => {
        const value = await Promise.resolve()
          .then(count)
          // A figure that cannot be counted now is left out.
          .catch(() => undefined)
        return value === undefined || !Number.isSafeInteger(value) ? [] : [[name, BigInt(value)] as const]
      }),
    )
    return Object.fromEntries(counted.flat())
  }
}
