import { newId } from '@beseda/kernel'
import { type Commit, CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'

/** A commit with one message, for tests of the log itself. */
export const messageCommit = (text: string, id: string = newId()): Commit =>
  create(CommitSchema, {
    id,
    events: [
      { commandId: id, actorId: 'a', body: { case: 'messagePosted', value: { messageId: id, authorId: 'a', text } } },
    ],
  })

export const textOf = (commit: Commit): string => {
  const body = commit.events[0]?.body
  return body?.case === 'messagePosted' ? body.value.text : ''
}
