import type { GroupHistory } from '@beseda/history'
import type { Event } from '@beseda/proto/log/v1/commit'

/** What a message said, and says now. Empty: it is gone. */
export interface Wordings {
  /** At the place that was asked about. */
  readonly asked: string
  readonly newest: string
  readonly fileNames: readonly string[]
}

interface Wording {
  readonly seq: number
  readonly text: string
  readonly fileNames: readonly string[]
}

/** The wordings of a message, read where they stand in the log: the view has the newest only. */
export async function wordingsOf(
  history: GroupHistory,
  groupId: string,
  messageId: string,
  seq: number,
): Promise<Wordings | undefined> {
  const places = history.view.all<{ stored_seq: number }>(
    'SELECT stored_seq FROM content_at WHERE group_id = ? AND message_id = ?',
    groupId,
    messageId,
  )
  const filter = history.subject(groupId, 'messages')
  const found = await Promise.all(
    places.map(async ({ stored_seq }): Promise<Wording[]> => {
      const options = { afterSeq: stored_seq - 1, filter, limit: 1 }
      const [stored] = await history.deps.store.read(history.stream(groupId), options)
      if (stored?.seq !== stored_seq) return []
      return stored.commit.events.flatMap((event) => wordingsIn(event, stored_seq, messageId))
    }),
  )
  const wordings = found.flat().sort((a, b) => a.seq - b.seq)
  const [first, last] = [wordings[0], wordings.at(-1)]
  if (!first || !last) return undefined
  const asked = wordings.findLast((wording) => wording.seq <= seq) ?? first
  return { asked: asked.text, newest: last.text, fileNames: first.fileNames }
}

/** An erasure moves events to another commit; they keep the places they had. */
function wordingsIn(event: Event, seq: number, messageId: string): Wording[] {
  const { body } = event
  if (body.case === 'commitRedacted') {
    return body.value.kept.flatMap((kept) => (kept.event ? wordingsIn(kept.event, Number(kept.seq), messageId) : []))
  }
  if ((body.case !== 'messagePosted' && body.case !== 'messageEdited') || body.value.messageId !== messageId) return []
  const fileNames = body.case === 'messagePosted' ? body.value.attachments.map(({ name }) => name) : []
  return [{ seq, text: body.value.text, fileNames }]
}
