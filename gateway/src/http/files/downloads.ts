import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { isUuid, Refusal } from '@beseda/kernel'
import type { BlobStore, ByteRange } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RateClass, Scope } from '@beseda/proto/common/v1/policy'
import { type File, FilePurpose, GroupService } from '@beseda/proto/group/v1/group_service'
import { createClient, type Transport } from '@connectrpc/connect'
import { bearerToken, refused, send, signedInUser } from '../answer.js'
import type { HttpPorts } from '../ports.js'
import { sendStream } from '../streams.js'
import { disposition } from './file-names.js'
import { parseRange } from './range.js'

const TIMEOUT_MS = 20_000

/** Types that a browser may show in place; all others are only ever saved. None of these can hold a script. */
const SHOWN = /^(image\/(png|jpeg|webp|gif|avif)|audio\/[\w.+-]+|video\/(mp4|webm|ogg|quicktime))$/

export interface DownloadPorts extends Pick<HttpPorts, 'addressOf' | 'signIn' | 'requests' | 'onFailure'> {
  readonly blobs: Pick<BlobStore, 'info' | 'read'>
}

interface Found {
  readonly file: Described
  readonly size: number
  readonly range: ByteRange | 'unsatisfiable' | undefined
  /** Undefined: only the headers are sent. */
  readonly content: ReadableStream<Uint8Array> | undefined
}

/** `GET` and `HEAD` of `/api/files/<id>` and `/api/files/<id>/thumbnail`, for those who may see the file. */
export function serveDownloads(app: TemplatedApp, rpc: Transport, ports: DownloadPorts): void {
  const { blobs, requests, signIn, onFailure } = ports
  const files = createClient(GroupService, rpc)
  const download = (method: 'get' | 'head', isThumbnail: boolean) => (res: HttpResponse, req: HttpRequest) => {
    const [fileId, token, address] = [req.getParameter(0) ?? '', bearerToken(req), ports.addressOf(res, req)]
    // Ranges are defined for GET only (RFC 9110, section 14.2).
    const wanted = method === 'get' ? req.getHeader('range') : ''
    let aborted = false
    res.onAborted(() => {
      aborted = true
    })
    const find = async (): Promise<Found> => {
      const userId = await signedInUser(signIn, token, address, Scope.READ)
      await requests.limit(RateClass.READ, userId)
      if (!isUuid(fileId)) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
      const { file } = await files.authorizeDownload({ fileId, userId }, { timeoutMs: TIMEOUT_MS })
      const blob = isThumbnail ? `${fileId}.thumbnail` : fileId
      const size = (await blobs.info(blob))?.size
      if (!file || size === undefined) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
      const found = { file: isThumbnail ? { ...file, contentType: 'image/webp' } : file, size }
      const range = parseRange(wanted, size)
      if (method === 'head' || range === 'unsatisfiable') return { ...found, range, content: undefined }
      const content = await blobs.read(blob, range)
      if (!content) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
      return { ...found, range, content }
    }
    void find().then(
      (found) => {
        if (aborted) void found.content?.cancel()
        else sendFound(res, found, onFailure)
      },
      (error: unknown) => {
        if (!aborted) send(res, refused(error, onFailure))
      },
    )
  }
  app.get('/api/files/:id', download('get', false))
  app.get('/api/files/:id/thumbnail', download('get', true))
  app.head('/api/files/:id', download('head', false))
  app.head('/api/files/:id/thumbnail', download('head', true))
}

function sendFound(
  res: HttpResponse,
  { file, size, range, content }: Found,
  onFailure: (error: unknown) => void,
): void {
  if (range === 'unsatisfiable') {
    res.cork(() => {
      res.writeStatus('416 Range Not Satisfiable').writeHeader('Content-Range', `bytes */${size}`).end()
    })
    return
  }
  res.cork(() => {
    res.writeStatus(range ? '206 Partial Content' : '200 OK')
    if (range) res.writeHeader('Content-Range', `bytes ${range.start}-${range.end}/${size}`)
    writeHeaders(res, file)
    if (!content) res.endWithoutBody(size)
  })
  if (content) sendStream(res, content, range ? range.end - range.start + 1 : size).catch(onFailure)
}

type Described = Pick<File, 'name' | 'contentType' | 'purpose'>

/**
 * Inert: never run, framed or sniffed. The picture of a person or group never changes, so it may be cached; an attachment is not, because
 * nobody could take it out of a cache when it is deleted.
 */
function writeHeaders(res: HttpResponse, { name, contentType, purpose }: Described): void {
  const isShown = SHOWN.test(contentType)
  res
    .writeHeader('Content-Type', isShown ? contentType : 'application/octet-stream')
    .writeHeader('Content-Disposition', disposition(isShown ? 'inline' : 'attachment', name))
    .writeHeader('Content-Security-Policy', "default-src 'none'; sandbox")
    .writeHeader('X-Content-Type-Options', 'nosniff')
    .writeHeader('Cross-Origin-Resource-Policy', 'same-origin')
    .writeHeader('Cache-Control', purpose === FilePurpose.AVATAR ? 'private, max-age=86400, immutable' : 'no-store')
    .writeHeader('Accept-Ranges', 'bytes')
}
