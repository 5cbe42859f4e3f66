import type { JsonValue } from '@bufbuild/protobuf'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { unavailable } from '../../../net/errors.js'
import { accessToken } from '../../../net/session.js'
import type { Piece } from './piece-store.js'

/** Sends a piece to the server. A piece that is there already is no error. Errors: as those of every request. */
export async function sendPiece({ recordingId, n, groupId, content }: Piece): Promise<void> {
  const token = await accessToken()
  const response = await fetch(`/api/recordings/${recordingId}/${n}?group=${groupId}`, {
    method: 'PUT',
    body: content,
    headers: token ? { Authorization: `Bearer ${token}` } : {},
  })
  // An answer without JSON is not the gateway's own: `unavailable` is all that is known.
  const answer = (await response.json().catch(() => null)) as JsonValue
  if (!response.ok) throw errorFromJson(answer, undefined, unavailable())
}
