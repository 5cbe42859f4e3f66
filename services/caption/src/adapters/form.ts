import { randomUUID } from 'node:crypto'

/**
 * A form with one file, as the bytes that are sent (RFC 7578). Not by FormData: fetch reads one bit by bit, and when its time is over
 * meanwhile leaves a rejection behind that nobody can catch; it would end the process.
 */
export function formOf(fields: Readonly<Record<string, string>>, file: Uint8Array) {
  const boundary = randomUUID()
  const part = (disposition: string, content: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${content}`
  const texts = Object.entries(fields).map(([name, value]) => part(`name="${name}"`, `\r\n${value}\r\n`))
  const head = part('name="file"; filename="speech.wav"', 'Content-Type: audio/wav\r\n\r\n')
  const body = Buffer.concat([Buffer.from(texts.join('') + head), file, Buffer.from(`\r\n--${boundary}--\r\n`)])
  return { type: `multipart/form-data; boundary=${boundary}`, body }
}
