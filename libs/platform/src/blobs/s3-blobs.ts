import { AwsClient } from 'aws4fetch'
import type { BlobInfo, BlobStore, ByteRange } from './port.js'

/** Size of the parts of an upload. S3 requires at least 5 MiB, and takes 10,000; two parts are in memory at a time. */
const PART_BYTES = 8 * 1024 * 1024
/** An upload older than this was left behind by a process that died. */
const ABANDONED_MS = 24 * 3_600_000
/** All metadata of a blob travels in one header, base64 encoded: S3 takes ASCII values only. */
const METADATA = 'x-amz-meta-beseda'

export interface S3Config {
  /** Address of the bucket, as `https://s3.example.org/beseda`. */
  readonly url: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Blobs in a bucket of any S3-compatible store. */
export class S3Blobs implements BlobStore {
  readonly #client: AwsClient
  readonly #url: string
  readonly #partBytes: number

  constructor({ url, region, accessKeyId, secretAccessKey }: S3Config, { partBytes = PART_BYTES } = {}) {
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 3 })
    this.#url = url.replace(/\/+$/, '')
    this.#partBytes = partBytes
  }

  async put(
    name: string,
    content: ReadableStream<Uint8Array>,
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    const headers = { [METADATA]: encoded(metadata) }
    const parts = inParts(content, this.#partBytes)
    const first = await parts.next()
    const second = first.done ? first : await parts.next()
    if (second.done) {
      await this.#ask('PUT', name, '', { headers, body: first.value ?? new Uint8Array() })
      return
    }
    const uploadId = field(await (await this.#ask('POST', name, '?uploads=', { headers })).text(), 'UploadId')
    try {
      const etags: string[] = []
      const send = async (body: Uint8Array<ArrayBuffer>) => {
        const query = `?partNumber=${etags.length + 1}&uploadId=${encodeURIComponent(uploadId)}`
        etags.push((await this.#ask('PUT', name, query, { body })).headers.get('etag') ?? '')
      }
      await send(first.value ?? new Uint8Array())
      await send(second.value)
      for await (const body of parts) await send(body)
      const list = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`).join('')
      const body = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`
      await this.#ask('POST', name, `?uploadId=${encodeURIComponent(uploadId)}`, { body })
    } catch (error) {
      await this.#abort(name, uploadId)
      throw error
    }
  }

  async info(name: string): Promise<BlobInfo | undefined> {
    const response = await this.#client.fetch(`${this.#url}/${name}`, { method: 'HEAD' })
    if (response.status === 404) return undefined
    if (!response.ok) throw new Error(`S3 answered ${response.status} to HEAD ${name}`)
    return {
      name,
      size: Number(response.headers.get('content-length')),
      storedAt: Date.parse(response.headers.get('last-modified') ?? ''),
      metadata: decoded(response.headers.get(METADATA) ?? ''),
    }
  }

  async read(name: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    const headers = range ? { Range: `bytes=${range.start}-${range.end}` } : {}
    const response = await this.#client.fetch(`${this.#url}/${name}`, { headers })
    if (response.status === 404) return undefined
    if (!response.ok) throw new Error(`S3 answered ${response.status} to GET ${name}`)
    return response.body ?? new ReadableStream({ start: (controller) => controller.close() })
  }

  async describe(name: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    const bucket = new URL(this.#url).pathname
    const headers = {
      'x-amz-copy-source': `${bucket}/${name}`,
      'x-amz-metadata-directive': 'REPLACE',
      [METADATA]: encoded(metadata),
    }
    await this.#ask('PUT', name, '', { headers })
  }

  async delete(name: string): Promise<void> {
    await this.#ask('DELETE', name, '')
  }

  async list(prefix = ''): Promise<readonly Omit<BlobInfo, 'metadata'>[]> {
    const found: Omit<BlobInfo, 'metadata'>[] = []
    const only = prefix === '' ? '' : `&prefix=${encodeURIComponent(prefix)}`
    for (let token = ''; ; ) {
      const more = token === '' ? '' : `&continuation-token=${encodeURIComponent(token)}`
      const page = await (await this.#ask('GET', '', `?list-type=2${only}${more}`)).text()
      for (const entry of elements(page, 'Contents')) {
        const storedAt = Date.parse(field(entry, 'LastModified'))
        found.push({ name: field(entry, 'Key'), size: Number(field(entry, 'Size')), storedAt })
      }
      token = field(page, 'NextContinuationToken')
      if (token === '') return found
    }
  }

  async bytes(): Promise<undefined> {}

  async sweepRemains(): Promise<void> {
    const page = await (await this.#ask('GET', '', '?uploads=')).text()
    for (const upload of elements(page, 'Upload')) {
      const age = Date.now() - Date.parse(field(upload, 'Initiated'))
      if (age > ABANDONED_MS) await this.#abort(field(upload, 'Key'), field(upload, 'UploadId'))
    }
  }

  async #abort(name: string, uploadId: string): Promise<void> {
    await this.#ask('DELETE', name, `?uploadId=${encodeURIComponent(uploadId)}`)
  }

  async #ask(
    method: string,
    name: string,
    query: string,
    init: { headers?: Record<string, string>; body?: Uint8Array<ArrayBuffer> | string } = {},
  ): Promise<Response> {
    const response = await this.#client.fetch(`${this.#url}/${name}${query}`, { method, ...init })
    if (!response.ok) throw new Error(`S3 answered ${response.status} to ${method} ${name}: ${await response.text()}`)
    return response
  }
}

const encoded = (metadata: Readonly<Record<string, string>>): string =>
  Buffer.from(JSON.stringify(metadata)).toString('base64url')
const decoded = (header: string): Record<string, string> =>
  header === '' ? {} : (JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, string>)

/** S3's XML is flat and its attributes do not matter here, so patterns are enough to read it. */
const elements = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(([, inside = '']) => inside)
const field = (xml: string, name: string): string => unescaped(elements(xml, name)[0] ?? '')
const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** Cuts the stream into parts of `partBytes`; the last may be smaller. */
async function* inParts(
  content: ReadableStream<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  let part = new Uint8Array(partBytes)
  let length = 0
  for await (const bytes of content) {
    for (let at = 0; at < bytes.length; ) {
      const taken = bytes.subarray(at, at + partBytes - length)
      part.set(taken, length)
      length += taken.length
      at += taken.length
      if (length < partBytes) continue
      yield part
      part = new Uint8Array(partBytes)
      length = 0
    }
  }
  if (length > 0) yield part.slice(0, length)
  return undefined
}
