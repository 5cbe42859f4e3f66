/**
 * How long the page waits for the storage of the browser. Shorter: a slow phone starts without its saved history and fetches everything
 * again; longer: a person waits for a copy of what the server has, while another page holds the storage.
 */
const PATIENCE_MS = 1_500
/** The storage did not answer in time and still has not: nobody waits that long again. */
const STUCK_PATIENCE_MS = 50

let isStuck = false

/** The storage of the browser does not answer: it is blocked by another page, or broken. */
export class StorageTimeout extends Error {
  constructor() {
    super('the storage of the browser does not answer')
    this.name = 'StorageTimeout'
  }
}

/** The work, or StorageTimeout. The work itself goes on. */
export function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        isStuck = true
        reject(new StorageTimeout())
      },
      isStuck ? STUCK_PATIENCE_MS : PATIENCE_MS,
    )
    const settle =
      <A>(then: (answer: A) => void) =>
      (answer: A) => {
        isStuck = false
        clearTimeout(timer)
        then(answer)
      }
    work.then(settle(resolve), settle(reject))
  })
}
