import { type Commit, CommitSchema, type Event } from '@beseda/proto/log/v1/commit'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { StoredCommit } from './port.js'
import { upcast } from './upcast.js'

export type EventBody = Event['body']
export type EventCase = NonNullable<EventBody['case']>

export const encodeCommit = (commit: Commit): Uint8Array => toBinary(CommitSchema, commit)

/**
 * A stored commit from its bytes, with every event upcast to the current version of its body. It is decoded when somebody looks at it
 * first: most services pass over most commits of a stream.
 */
export function decodeCommit(stream: string, subject: string, seq: number, bytes: Uint8Array): StoredCommit {
  let decoded: Commit | undefined
  return {
    ...{ stream, subject, seq, bytes },
    get commit() {
      decoded ??= upcastCommit(fromBinary(CommitSchema, bytes))
      return decoded
    },
  }
}

function upcastCommit(commit: Commit): Commit {
  commit.events = commit.events.map((event) => upcast(event))
  return commit
}

/** Bytes of the commits as they are stored. */
export const bytesOf = (commits: readonly StoredCommit[]): number =>
  commits.reduce((sum, { bytes }) => sum + bytes.length, 0)
