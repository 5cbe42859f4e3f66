/** What could not be dealt with while all the rest was: an error for each, whose message says what it is about. */
export class Leftovers extends Error {
  constructor(readonly failures: readonly Error[]) {
    super(`could not be dealt with: ${failures.map(({ message }) => message).join(', ')}`)
  }
}

/**
 * Deals with each, `atOnce` side by side; one that fails keeps no other waiting. `nameOf`: what is said of one that fails, as
 * "group 7". Errors: Leftovers, once all have had their turn.
 */
export async function dealWithEach<T>(
  items: Iterable<T>,
  nameOf: (item: T) => string,
  deal: (item: T) => unknown,
  atOnce = 1,
): Promise<void> {
  const failures: Error[] = []
  const waiting = [...items].values()
  const worker = async () => {
    for (const item of waiting) {
      try {
        await deal(item)
      } catch (error) {
        if (error instanceof Leftovers) failures.push(...error.failures)
        else failures.push(new Error(nameOf(item), { cause: error }))
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  if (failures.length > 0) throw new Leftovers(failures)
}
