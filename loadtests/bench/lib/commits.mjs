import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'

const NO_BYTES = new Uint8Array()

/**
 * A commit as read from the log. Views fold `commit` and never read the stored bytes.
 * @param {{ stream: string, subject: string, seq: number, at: number }} place
 * @param {{ commandId: string, actorId: string, body: import('@beseda/proto/log/v1/commit').Event['body'] }[]} events
 * @returns {import('@beseda/event-log').StoredCommit}
 */
export function storedCommit({ stream, subject, seq, at }, events) {
  const id = events[0]?.commandId ?? ''
  return {
    stream,
    subject,
    seq,
    bytes: NO_BYTES,
    commit: create(CommitSchema, { id, time: timestampFromMs(at), events }),
  }
}

/**
 * Folds commits as they are generated, and returns the time of the folding alone (ms).
 * @param {import('@beseda/event-log').SqliteView} view @param {string} stream
 * @param {Iterable<import('@beseda/event-log').StoredCommit>} commits @param {number} batchSize
 */
export function fold(view, stream, commits, batchSize) {
  let ms = 0
  /** @type {import('@beseda/event-log').StoredCommit[]} */
  let batch = []
  const flush = () => {
    const began = performance.now()
    view.applyBatch(stream, 'bench', batch)
    ms += performance.now() - began
    batch = []
  }
  for (const commit of commits) {
    batch.push(commit)
    if (batch.length >= batchSize) flush()
  }
  flush()
  return ms
}
