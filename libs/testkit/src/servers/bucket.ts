import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An S3-compatible server with one bucket, in memory: the part of the protocol that the platform uses. */
export interface TestBucket {
  /** Address of the server; the bucket is `/beseda` below it. */
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
  /** What is stored, by name. */
  readonly objects: ReadonlyMap<string, Uint8Array>
  stop(): Promise<void>
}

interface Stored {
  readonly bytes: Buffer
  readonly metadata: string
  readonly storedAt: Date
}
interface Request {
  readonly method: string
  readonly name: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}
interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: Buffer | string
}

const ACCESS_KEY = 'test-bucket'
/** So small that a listing of a few objects has several pages. */
const PAGE = 3
const METADATA = 'x-amz-meta-beseda'
const NOT_FOUND: Answer = { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' }

export async function startBucket(): Promise<TestBucket> {
  const bucket = new Bucket()
  const server = createServer((request, response) => void serve(bucket, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessKey: ACCESS_KEY,
    secretKey: 'secret',
    get objects() {
      return new Map([...bucket.objects].map(([name, { bytes }]) => [name, bytes]))
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

async function serve(bucket: Bucket, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bucket')
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const { method = 'GET', headers } = request
  const signed = headers.authorization?.startsWith(`AWS4-HMAC-SHA256 Credential=${ACCESS_KEY}/`)
  const [, name] = /^\/beseda\/?(.*)$/.exec(decodeURIComponent(pathname)) ?? []
  const answer: Answer =
    !signed || name === undefined
      ? { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }
      : bucket.answer({ method, name, query: searchParams, headers, body: Buffer.concat(pieces) })
  response.writeHead(answer.status ?? 200, answer.headers).end(method === 'HEAD' ? undefined : answer.body)
}

class Bucket {
  readonly objects = new Map<string, Stored>()
  readonly #uploads = new Map<string, { name: string; metadata: string; parts: Map<number, Buffer>; begun: Date }>()
  #next = 1

  answer(request: Request): Answer {
    if (request.query.has('uploads') || request.query.has('uploadId')) return this.#multipart(request)
    if (request.method === 'GET' && request.name === '') return this.#list(request.query)
    if (request.method === 'PUT') return this.#put(request)
    const found = this.objects.get(request.name)
    if (request.method === 'DELETE') {
      this.objects.delete(request.name)
      return { status: 204 }
    }
    return found ? read(found, request.headers.range) : NOT_FOUND
  }

  #put({ name, headers, body }: Request): Answer {
    const source = headers['x-amz-copy-source']
    const copied = typeof source === 'string' ? this.objects.get(source.replace(/^\/?beseda\//, '')) : undefined
    if (source && !copied) return NOT_FOUND
    this.objects.set(name, {
      bytes: copied?.bytes ?? body,
      metadata: String(headers[METADATA] ?? ''),
      storedAt: new Date(),
    })
    return {}
  }

  #list(query: URLSearchParams): Answer {
    const names = [...this.objects.keys()].filter((name) => name.startsWith(query.get('prefix') ?? '')).sort()
    const from = Number(query.get('continuation-token') ?? 0)
    const contents = names.slice(from, from + PAGE).map((name) => {
      const { bytes, storedAt } = this.objects.get(name) as Stored
      return `<Contents><Key>${name}</Key><Size>${bytes.length}</Size><LastModified>${storedAt.toISOString()}</LastModified></Contents>`
    })
    const more = from + PAGE < names.length ? `<NextContinuationToken>${from + PAGE}</NextContinuationToken>` : ''
    return { body: `<ListBucketResult>${contents.join('')}${more}</ListBucketResult>` }
  }

  #multipart({ method, name, query, headers, body }: Request): Answer {
    if (query.has('uploads') && method === 'POST') {
      const id = `upload-${this.#next++}`
      this.#uploads.set(id, { name, metadata: String(headers[METADATA] ?? ''), parts: new Map(), begun: new Date() })
      return { body: `<Result><UploadId>${id}</UploadId></Result>` }
    }
    if (query.has('uploads')) {
      const open = [...this.#uploads].map(
        ([id, { name: key, begun }]) =>
          `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun.toISOString()}</Initiated></Upload>`,
      )
      return { body: `<Result>${open.join('')}</Result>` }
    }
    const id = query.get('uploadId') ?? ''
    const upload = this.#uploads.get(id)
    if (!upload) return { status: 404, body: '<Error><Code>NoSuchUpload</Code></Error>' }
    if (method === 'PUT') {
      upload.parts.set(Number(query.get('partNumber')), body)
      return { headers: { etag: `"${query.get('partNumber')}"` } }
    }
    this.#uploads.delete(id)
    if (method === 'DELETE') return { status: 204 }
    const bytes = Buffer.concat([...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part))
    this.objects.set(name, { bytes, metadata: upload.metadata, storedAt: new Date() })
    return { body: '<Result/>' }
  }
}

function read({ bytes, metadata, storedAt }: Stored, range: string | undefined): Answer {
  const [, start = '0', end = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  const part = bytes.subarray(Number(start), end === '' ? bytes.length : Number(end) + 1)
  const headers = {
    [METADATA]: metadata,
    'last-modified': storedAt.toUTCString(),
    'content-length': String(part.length),
  }
  return { status: range ? 206 : 200, headers, body: part }
}
