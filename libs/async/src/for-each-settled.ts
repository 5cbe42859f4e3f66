/** Some items of a round failed while the others succeeded: one error for each that failed; its message names the item. */
export class PartialFailure extends Error {
  constructor(readonly failures: readonly Error[]) {
    super(`failed: ${failures.map(({ message }) => message).join(', ')}`)
  }
}

/**
 * Runs `work` for every item, at most `concurrency` at once. An item that fails does not keep the others from running. `nameOf` names an
 * item in the message of its error, as in "group 7".
 * Errors: PartialFailure, after every item has run.
 */
export async function forEachSettled<T>(
  items: Iterable<T>,
  nameOf: (item: T) => string,
  work: (item: T) => unknown,
  concurrency = 1,
): Promise<void> {
  const failures: Error[] = []
  const waiting = [...items].values()
  const worker = async () => {
    for (const item of waiting) {
      try {
        await work(item)
      } catch (error) {
        if (error instanceof PartialFailure) failures.push(...error.failures)
        else failures.push(new Error(nameOf(item), { cause: error }))
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  if (failures.length > 0) throw new PartialFailure(failures)
}
