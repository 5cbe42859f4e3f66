import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { isUuid, newId, Refusal } from '@beseda/kernel'
import type { BlobStore } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RateClass, Scope } from '@beseda/proto/common/v1/policy'
import { type File, FilePurpose, FileSchema, GroupService } from '@beseda/proto/group/v1/group_service'
import { toJsonString } from '@bufbuild/protobuf'
import { createClient, type Transport } from '@connectrpc/connect'
import { requireScope } from '../requests/request-relay.js'
import type { Hub } from '../ws/hub.js'
import type { AddressOf } from './address.js'
import { type Answer, bearerToken, refused, send } from './answer.js'
import { parseRange } from './range.js'
import { sendStream, uploadStream } from './streams.js'

/** Looking at a large picture takes a second; an object store that does not answer takes longer. */
const TIMEOUT_MS = 20_000

/** What a browser may show in place; everything else is only ever saved. None of them can hold a script. */
const SHOWN = /^(image\/(png|jpeg|webp|gif|avif)|audio\/[\w.+-]+|video\/(mp4|webm|ogg|quicktime))$/

export interface FilesOptions {
  readonly blobs: BlobStore
  readonly maxBytes: number
  readonly addressOf: AddressOf
}

/**
 * `POST /api/files?name=…&purpose=avatar` with the bytes as body answers with beseda.group.v1.File as JSON;
 * `GET /api/files/<id>` and `GET /api/files/<id>/thumbnail` give it back to those who may have it.
 */
export function serveFiles(
  app: TemplatedApp,
  hub: Hub,
  rpc: Transport,
  { blobs, maxBytes, addressOf }: FilesOptions,
): void {
  const files = createClient(GroupService, rpc)

  app.post('/api/files', (res, req) => {
    const [token, address] = [bearerToken(req), addressOf(res, req)]
    const name = decoded(req.getQuery('name') ?? '')
    const purpose = req.getQuery('purpose') === 'avatar' ? FilePurpose.AVATAR : FilePurpose.ATTACHMENT
    const announced = Number(req.getHeader('content-length') || 0)
    const upload = uploadStream(res, maxBytes)
    const store = async (): Promise<Answer> => {
      if (announced > maxBytes) throw new Refusal(ErrorReason.TOO_LARGE, { limit: String(maxBytes) })
      const userId = await personOf(hub, token, address, Scope.POST)
      await hub.caller.limit(RateClass.UPLOAD, userId)
      const fileId = newId()
      await blobs.put(fileId, upload.stream, { user: userId })
      const { file } = await files.finishUpload({ fileId, userId, name, purpose }, { timeoutMs: TIMEOUT_MS })
      const json = file ? toJsonString(FileSchema, file) : '{}'
      return {
        status: '200 OK',
        contentType: 'application/json',
        body: new TextEncoder().encode(json),
        retryAfterMs: 0,
      }
    }
    void store()
      .catch((error: unknown) => refused(upload.refusal() ?? error, upload.aborted() ? () => undefined : hub.onFailure))
      .then((answer) => {
        upload.stop()
        // The rest of a body that nobody wants must not be taken for the next request.
        if (!upload.aborted()) send(res, answer, !upload.whole())
      })
  })

  const download = (method: 'get' | 'head', thumbnail: boolean) => (res: HttpResponse, req: HttpRequest) => {
    // Ranges are defined for GET only (RFC 9110, section 14.2).
    const range = method === 'get' ? req.getHeader('range') : ''
    const [fileId, token] = [req.getParameter(0) ?? '', bearerToken(req)]
    const address = addressOf(res, req)
    let aborted = false
    res.onAborted(() => {
      aborted = true
    })
    const find = async () => {
      const userId = await personOf(hub, token, address, Scope.READ)
      await hub.caller.limit(RateClass.READ, userId)
      if (!isUuid(fileId)) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
      const { file } = await files.authorizeDownload({ fileId, userId }, { timeoutMs: TIMEOUT_MS })
      const name = thumbnail ? `${fileId}.thumbnail` : fileId
      const size = (await blobs.info(name))?.size
      if (!file || size === undefined) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
      const wanted = parseRange(range, size)
      if (method === 'head' || wanted === 'unsatisfiable') return { file, size, wanted, content: undefined }
      const content = await blobs.read(name, wanted)
      if (!content) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
      return { file, size, wanted, content }
    }
    void find().then(
      ({ file, size, wanted, content }) => {
        if (aborted) {
          void content?.cancel()
          return
        }
        if (wanted === 'unsatisfiable') {
          res.cork(() => {
            res.writeStatus('416 Range Not Satisfiable').writeHeader('Content-Range', `bytes */${size}`).end()
          })
          return
        }
        res.cork(() => {
          res.writeStatus(wanted ? '206 Partial Content' : '200 OK')
          if (wanted) res.writeHeader('Content-Range', `bytes ${wanted.start}-${wanted.end}/${size}`)
          writeHeaders(res, thumbnail ? { ...file, contentType: 'image/webp' } : file)
          if (!content) res.endWithoutBody(size)
        })
        const length = wanted ? wanted.end - wanted.start + 1 : size
        if (content) void sendStream(res, content, length).catch(hub.onFailure)
      },
      (error: unknown) => {
        if (!aborted) send(res, refused(error, hub.onFailure))
      },
    )
  }
  app.get('/api/files/:id', download('get', false))
  app.get('/api/files/:id/thumbnail', download('get', true))
  app.head('/api/files/:id', download('head', false))
  app.head('/api/files/:id/thumbnail', download('head', true))
}

type Described = Pick<File, 'name' | 'contentType' | 'purpose'>

/**
 * Inert: never run, never framed, never guessed at. A picture of a person or group does not change; what was sent is kept by no
 * cache, from which nobody could take it when it is deleted.
 */
function writeHeaders(res: HttpResponse, { name, contentType, purpose }: Described): void {
  const shown = SHOWN.test(contentType)
  const disposition = `${shown ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, percent)}`
  res
    .writeHeader('Content-Type', shown ? contentType : 'application/octet-stream')
    .writeHeader('Content-Disposition', disposition)
    .writeHeader('Content-Security-Policy', "default-src 'none'; sandbox")
    .writeHeader('X-Content-Type-Options', 'nosniff')
    .writeHeader('Cross-Origin-Resource-Policy', 'same-origin')
    .writeHeader('Cache-Control', purpose === FilePurpose.AVATAR ? 'private, max-age=86400, immutable' : 'no-store')
    .writeHeader('Accept-Ranges', 'bytes')
}

const percent = (character: string): string => `%${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}`

/** Errors: UNAUTHENTICATED, SCOPE_MISSING, RATE_LIMITED. */
async function personOf(hub: Hub, token: string | undefined, address: string, scope: Scope): Promise<string> {
  if (token === undefined) throw new Refusal(ErrorReason.UNAUTHENTICATED)
  const actor = await hub.authenticator.actor(token, address)
  requireScope(scope, actor)
  return actor.userId
}

/** What cannot be decoded is no name; the service says so. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return ''
  }
}
