import type { Attachment } from '@beseda/proto/group/v1/events'
import type { Attachments, Workbook, WrittenFile } from '../application/ports.js'
import { safeName } from './file-names.js'
import { HashedFile } from './hashed-file.js'

/** Attachments as files of the archive, each once, however many messages have it. */
export class AttachmentFolder {
  constructor(
    private readonly folder: string,
    private readonly source: Attachments,
    private readonly workbook: Pick<Workbook, 'file'>,
  ) {}

  /** `added`: what the part at hand has written so far. Undefined: the file is gone. */
  async store(
    { fileId, name }: Pick<Attachment, 'fileId' | 'name'>,
    added: Map<string, WrittenFile>,
  ): Promise<WrittenFile | undefined> {
    const path = `attachments/${safeName(fileId)}/${safeName(name)}`
    const known = added.get(path) ?? this.workbook.file(path)
    if (known) return known
    const content = await this.source.read(fileId)
    if (!content) return undefined
    const written = await HashedFile.of(this.folder, path, content)
    added.set(path, written)
    return written
  }
}
