import type { GroupHistory } from '@beseda/history'
import type { Event } from '@beseda/proto/log/v1/commit'
import type { RevisionReader } from './ports.js'

/** What a message said at one place in the log, and what it says now. */
export interface Revisions {
  readonly asked: string
  readonly newest: string
  readonly fileNames: readonly string[]
}

interface Revision {
  readonly seq: number
  readonly text: string
  readonly fileNames: readonly string[]
}

/** The revisions of a message, read where they stand in the log: the view has only the newest. */
export class MessageRevisions {
  constructor(
    private readonly history: GroupHistory,
    private readonly reader: RevisionReader,
  ) {}

  /** The message as it read at sequence `seq`; undefined: its content is gone. */
  async of(groupId: string, messageId: string, seq: number): Promise<Revisions | undefined> {
    const seqs = this.reader.storedSeqs(groupId, messageId)
    const found = await Promise.all(seqs.map((storedSeq) => this.#at(groupId, messageId, storedSeq)))
    const revisions = found.flat().sort((a, b) => a.seq - b.seq)
    const [first, last] = [revisions[0], revisions.at(-1)]
    if (!first || !last) return undefined
    const asked = revisions.findLast((revision) => revision.seq <= seq) ?? first
    return { asked: asked.text, newest: last.text, fileNames: first.fileNames }
  }

  async #at(groupId: string, messageId: string, storedSeq: number): Promise<Revision[]> {
    const options = { afterSeq: storedSeq - 1, filter: this.history.subject(groupId, 'messages'), limit: 1 }
    const [stored] = await this.history.deps.store.read(this.history.stream(groupId), options)
    if (stored?.seq !== storedSeq) return []
    return stored.commit.events.flatMap((event) => revisionsIn(event, storedSeq, messageId))
  }
}

/** An erasure moves events to another commit; they keep the places that they had. */
function revisionsIn(event: Event, seq: number, messageId: string): Revision[] {
  const { body } = event
  if (body.case === 'commitRedacted') {
    return body.value.kept.flatMap((kept) => (kept.event ? revisionsIn(kept.event, Number(kept.seq), messageId) : []))
  }
  if ((body.case !== 'messagePosted' && body.case !== 'messageEdited') || body.value.messageId !== messageId) return []
  const fileNames = body.case === 'messagePosted' ? body.value.attachments.map(({ name }) => name) : []
  return [{ seq, text: body.value.text, fileNames }]
}
