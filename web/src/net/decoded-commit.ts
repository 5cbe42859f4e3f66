import type { Commit as CommitFrame } from '@beseda/proto/gateway/v1/frames'
import { type Commit, CommitSchema } from '@beseda/proto/log/v1/commit'
import { fromBinary } from '@bufbuild/protobuf'

const decoded = new WeakMap<CommitFrame, Commit>()

/** The commit in a frame. Several parts of the client read each frame: it is decoded for the first of them and cached. */
export function decodedCommit(frame: CommitFrame): Commit {
  const known = decoded.get(frame)
  if (known) return known
  const commit = fromBinary(CommitSchema, frame.commit)
  decoded.set(frame, commit)
  return commit
}
