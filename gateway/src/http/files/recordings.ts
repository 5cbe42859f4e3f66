import type { TemplatedApp } from 'uWebSockets.js'
import { isUuid, Refusal } from '@beseda/kernel'
import { type BlobStore, pieceOf, streamOf } from '@beseda/platform'
import { RecordingService } from '@beseda/proto/call/v1/recording_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RateClass } from '@beseda/proto/common/v1/policy'
import { MAX_PIECES, MIN_PIECE_BYTES, recordingFormatOf } from '@beseda/rules'
import { createClient, type Transport } from '@connectrpc/connect'
import { type Answer, bearerToken } from '../answer.js'
import type { HttpPorts } from '../ports.js'
import { uploadStream } from '../streams.js'
import { answerUpload } from './answer-upload.js'
import { PieceTurns } from './piece-turns.js'
import type { UploadRoom } from './upload-room.js'

const TIMEOUT_MS = 5_000
/** Largest piece: half a minute of a sharp picture. It is in memory as a whole. */
const PIECE_BYTES = 8 * 1024 * 1024

export interface RecordingPorts extends Pick<HttpPorts, 'addressOf' | 'signIn' | 'requests' | 'onFailure'> {
  readonly blobs: Pick<BlobStore, 'put' | 'info'>
  /** Largest recording, bytes. */
  readonly maxBytes: number
  readonly room: Pick<UploadRoom, 'during'>
}

interface Piece {
  readonly groupId: string
  readonly recordingId: string
  readonly n: number
}

/**
 * `PUT /api/recordings/<id>/<n>?group=<id>` stores piece n of a recording, counted from 0. In their order; a piece that is there already is not
 * stored again. The first one begins as the formats do that clients record, and none but the last is small.
 */
export function serveRecordings(app: TemplatedApp, rpc: Transport, ports: RecordingPorts): void {
  const recordings = createClient(RecordingService, rpc)
  const turns = new PieceTurns()
  app.put('/api/recordings/:id/:n', (res, req) => {
    const piece = {
      groupId: new URLSearchParams(req.getQuery()).get('group') ?? '',
      recordingId: req.getParameter(0) ?? '',
      n: /^\d{1,6}$/.test(req.getParameter(1) ?? '') ? Number(req.getParameter(1)) : -1,
    }
    const [token, address] = [bearerToken(req), ports.addressOf(res, req)]
    const upload = uploadStream(res, PIECE_BYTES)
    const take = async (): Promise<Answer> => {
      if (token === undefined) throw new Refusal(ErrorReason.UNAUTHENTICATED)
      const { userId, deviceId } = await ports.signIn.actor(token, address)
      await ports.requests.limit(RateClass.UPLOAD, userId)
      const { groupId, recordingId, n } = piece
      if (!isUuid(groupId) || !isUuid(recordingId) || !isUuid(deviceId) || n < 0) {
        throw new Refusal(ErrorReason.RECORDING_NOT_FOUND)
      }
      await recordings.authorizeRecording({ groupId, recordingId, userId, deviceId }, { timeoutMs: TIMEOUT_MS })
      // Only now: what strangers send never fills the memory.
      await turns.during(userId, async () => store(ports, piece, userId, await bytesOf(upload.stream)))
      return {
        status: '200 OK',
        contentType: 'application/json',
        body: new TextEncoder().encode('{}'),
        retryAfterMs: 0,
      }
    }
    answerUpload(res, upload, take, ports.onFailure)
  })
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

/** Each piece says how many bytes there are up to its end. Errors: BAD_FILE, RECORDING_GAP, TOO_LARGE, and those of the room. */
async function store(
  { blobs, room, maxBytes }: RecordingPorts,
  { recordingId, n }: Piece,
  userId: string,
  bytes: Uint8Array,
): Promise<void> {
  const name = pieceOf(recordingId, n)
  if (await blobs.info(name)) return
  const before = n === 0 ? undefined : await blobs.info(pieceOf(recordingId, n - 1))
  if (n > 0 && !before) throw new Refusal(ErrorReason.RECORDING_GAP)
  // Only the last piece may be small: this one comes after it.
  const isPiece = before ? before.size >= MIN_PIECE_BYTES : recordingFormatOf(bytes) !== undefined
  if (!isPiece || bytes.length === 0) throw new Refusal(ErrorReason.BAD_FILE)
  const upTo = Number(before?.metadata.upTo ?? 0) + bytes.length
  if (n >= MAX_PIECES || upTo > maxBytes) throw new Refusal(ErrorReason.TOO_LARGE, { limit: String(maxBytes) })
  // When the recording is over, the file stands beside its pieces for a while.
  const put = () => blobs.put(name, streamOf(bytes), { user: userId, upTo: String(upTo) })
  await room.during(userId, bytes.length, put, upTo)
}
