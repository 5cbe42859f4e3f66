import type { ErrorReason } from '@beseda/proto/common/v1/errors'
import { locks } from '../../../browser.js'
import { handled } from '../../../diagnostics/log.js'
import { recordings } from '../../../net/clients/recordings.js'
import { reasonOf, retryAfterMs } from '../../../net/errors.js'
import { systemClock } from '../../../time/clock.js'
import { type Piece, pieceStore } from './piece-store.js'
import { sendPiece } from './send-piece.js'
import { Uploader, type UploaderParts } from './uploader.js'

/** What sends pieces to the server of this page. */
export const toServer = (goesOn: () => boolean, onChange: () => void): Uploader =>
  new Uploader({ clock: systemClock, store: pieceStore, send: sendPiece, reasonOf, retryAfterMs, goesOn, onChange })

/** Tells the server that it has everything. */
export const finish = (place: Pick<Piece, 'groupId' | 'callId' | 'recordingId'>): Promise<unknown> =>
  // It was posted already, or the network is gone: the server does not wait for ever.
  recordings.finishRecording(place).catch(handled('calls.recording'))

const lockOf = (recordingId: string) => `beseda.recording.${recordingId}`

/** Does work with the pieces of a recording; other pages of this browser leave them alone meanwhile. */
export const holding = (recordingId: string, work: () => Promise<void>): Promise<void> =>
  locks ? locks.request(lockOf(recordingId), work) : work()

export interface LeftParts {
  readonly send: UploaderParts['send']
  readonly reasonOf: (error: unknown) => ErrorReason
  finish(place: Pick<Piece, 'groupId' | 'callId' | 'recordingId'>): Promise<unknown>
}

/** Sends what a page before has left of a recording; what the server does not take any more is dropped. */
export async function sendRest(recordingId: string, parts: LeftParts = { send: sendPiece, reasonOf, finish }) {
  const rest = new Uploader({
    ...{ clock: systemClock, store: pieceStore, retryAfterMs, goesOn: () => false, onChange: () => undefined },
    send: parts.send,
    reasonOf: parts.reasonOf,
  })
  // Storage is blocked: nothing was left.
  const pieces = await pieceStore.of(recordingId).catch(() => [])
  for (const piece of pieces) rest.add(piece)
  await rest.settled()
  const [first] = pieces
  if (first && rest.refusal === undefined) await parts.finish(first)
}

/**
 * Pages that died in the middle of a recording have left pieces of it: they are sent, or dropped when the server says that it is over, or they
 * are a day old. What another page records now is left alone.
 */
export async function sendLeft(now: number, parts?: LeftParts): Promise<void> {
  await pieceStore.dropOld(now)
  for (const recordingId of await pieceStore.recordings()) {
    const work = () => sendRest(recordingId, parts)
    if (!locks) await work()
    else await locks.request(lockOf(recordingId), { ifAvailable: true }, (lock) => (lock ? work() : undefined))
  }
}
