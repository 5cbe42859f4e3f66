import type { CaptionLine } from './exchange.js'
import { transcriptName, transcriptText } from './transcript.js'

export interface Transcript {
  readonly lines: readonly CaptionLine[]
  readonly title: string
  nameOf(userId: string): string
  timeOf(at: number): string
  /** Posts it: at once, or when the server can be reached. */
  send(file: { readonly name: string; readonly content: Blob }): Promise<void>
}

/** Posts a transcript as a file. One without a line is none. */
export async function postTranscript({ lines, title, nameOf, timeOf, send }: Transcript): Promise<void> {
  const [first] = lines
  if (!first) return
  const text = transcriptText(lines, title, nameOf, timeOf)
  await send({ name: transcriptName(first.at), content: new Blob([text], { type: 'text/plain' }) })
}
