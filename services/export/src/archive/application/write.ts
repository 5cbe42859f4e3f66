import { entriesOf, type Facts, membersAtStart } from '../domain/entries.js'
import type { Entry, EntryKind } from '../domain/entry.js'
import { GroupStory } from '../domain/story.js'
import type { Format, GroupCount, PartWriter, Range, Workbook, Written } from './ports.js'

/** Entries of a part. More: an interrupted run writes more again; fewer: more files. */
const PART_ENTRIES = 50_000
const BEGINNING = { seq: 0, index: -1 }

interface Place {
  readonly seq: number
  readonly index: number
}

/** Writes what is in the workbook, part by part. A run that was interrupted goes on with the part that it had not finished. */
export class ArchiveWriting {
  #writer: PartWriter | undefined
  #entries = 0
  #part: number
  readonly #counts = new Map<string, GroupCount>()

  constructor(
    private readonly workbook: Workbook,
    private readonly format: Format,
    private readonly range: Range,
    /** Unix ms: what has disappeared by then is erased. */
    private readonly now: number,
    /** Texts that a legal hold keeps are written, too. */
    private readonly withHeld: boolean,
    private readonly partEntries: number = PART_ENTRIES,
  ) {
    this.#part = (workbook.written()?.part ?? 0) + 1
  }

  async run(): Promise<void> {
    try {
      await this.#writeAll()
    } finally {
      await this.#writer?.discard()
    }
  }

  async #writeAll(): Promise<void> {
    const { workbook, range } = this
    const begun = workbook.written()
    let last = begun && (await this.#writeGroup(begun.groupId, begun))
    let groupId = workbook.nextGroup(begun?.groupId ?? '', range)
    while (groupId !== undefined) {
      last = (await this.#writeGroup(groupId, BEGINNING)) ?? last
      groupId = workbook.nextGroup(groupId, range)
    }
    if (last && this.#entries > 0) await this.#finish(last)
  }

  /** `after`: the last event that is in a finished part. Returns the last one that is written. */
  async #writeGroup(groupId: string, after: Place): Promise<Written | undefined> {
    const { workbook, range } = this
    const story = new GroupStory(groupId)
    const facts = this.#factsOf(groupId)
    for (const event of workbook.eventsUpTo(groupId, after)) story.apply(event)
    let isInside = after.seq > 0
    let last: Written | undefined
    for (const placed of workbook.events(groupId, after)) {
      if (placed.at < range.from) {
        story.apply(placed.event)
        continue
      }
      if (!isInside) await this.#add(membersAtStart(story, range.from))
      isInside = true
      await this.#add(entriesOf(placed, story, facts))
      const { seq, index } = placed.place
      last = { part: this.#part, groupId, seq, index }
      if (this.#entries >= this.partEntries) await this.#finish(last)
    }
    return last
  }

  #factsOf(groupId: string): Facts {
    const { workbook } = this
    return {
      message: (messageId) => workbook.message(groupId, messageId),
      isGone: (userId) => workbook.person(userId).kind === 'gone',
      readsHeld: (authorId) => this.withHeld && workbook.isHeld(groupId, authorId),
      ended: workbook.isEnded(groupId),
      now: this.now,
    }
  }

  async #add(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      if (!this.format.kinds.includes(entry.kind)) continue
      this.#writer ??= await this.format.open(this.#part)
      await this.#writer.add(entry)
      this.#count(entry.group, entry.kind)
      this.#entries++
    }
  }

  #count({ id, name, kind: groupKind }: Entry['group'], kind: EntryKind): void {
    const key = `${id} ${kind}`
    const entries = (this.#counts.get(key)?.entries ?? 0) + 1
    this.#counts.set(key, { groupId: id, name, groupKind, kind, entries })
  }

  async #finish(written: Written): Promise<void> {
    const files = (await this.#writer?.finish()) ?? []
    this.#writer = undefined
    this.workbook.finish({ ...written, part: this.#part }, files, [...this.#counts.values()])
    this.#counts.clear()
    this.#entries = 0
    this.#part++
  }
}
