import { forEachSettled, PartialFailure } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { isRecorder } from '../domain/recording.js'
import type { CallSession, Device } from '../domain/session.js'
import type { CallSessions } from './call-sessions.js'
import type { RecordingDocument, RecordingDocuments, RecordingPoster } from './ports.js'

/** How often a recording that goes on is looked at. Longer: its end is noticed later; shorter: each costs a request to Redis more often. */
const LOOK_MS = 2_000
/**
 * How long pieces are waited for after the device was last seen recording. Longer: what a device that died has sent comes late into the
 * conversation; shorter: a slow device loses the end of its recording.
 */
const WAIT_MS = 60_000
/** A process that posts a recording may die meanwhile: another one begins again then. Longer than the poster's own time-out. */
const POST_MS = 150_000
/** Recordings that one process has posted at once. More: the store joins files of gigabytes side by side; fewer: a slow one holds up the others. */
const AT_ONCE = 4

/** Sees to it that every recording ends up in its conversation, whatever happens to the device that makes it. */
export class RecordingDelivery {
  /** Those that this process has posted now. */
  readonly #posting = new Set<string>()
  /** What has failed since the last round. */
  readonly #failures: Error[] = []

  constructor(
    private readonly documents: RecordingDocuments,
    private readonly sessions: Pick<CallSessions, 'find'>,
    private readonly poster: RecordingPoster,
  ) {}

  /**
   * Whether a device may send pieces of a recording: while it goes on, and until it is posted. A recording that is not known yet becomes
   * something to deliver; also after Redis was lost. Errors: RECORDING_NOT_FOUND.
   */
  async authorize(groupId: string, recordingId: string, device: Device, now: number): Promise<void> {
    const known = await this.documents.get(recordingId)
    const document = known ?? (await this.#begin(groupId, recordingId, device, now))
    if (!document || document.closed || !isOf(document, device)) throw new Refusal(ErrorReason.RECORDING_NOT_FOUND)
  }

  /** The device has sent everything. Errors: RECORDING_NOT_FOUND. */
  async finish(recordingId: string, device: Device, now: number): Promise<void> {
    await this.documents.update(recordingId, (document) => {
      if (!document || !isOf(document, device)) throw new Refusal(ErrorReason.RECORDING_NOT_FOUND)
      const next = document.closed ? document : { ...document, whole: true, lookAt: now }
      return { document: next, result: undefined }
    })
  }

  /**
   * Looks at recordings that are due, and begins to post those that are over; the round does not wait for that. Errors: PartialFailure, also
   * with what has failed since the last round.
   */
  async sweep(now: number): Promise<void> {
    const look = (recordingId: string) => this.#look(recordingId, now)
    const nameOf = (recordingId: string) => `recording ${recordingId}`
    try {
      await forEachSettled(await this.documents.due(now), nameOf, look, AT_ONCE)
    } catch (error) {
      this.#failures.push(error instanceof Error ? error : new Error('recordings', { cause: error }))
    }
    const failures = this.#failures.splice(0)
    if (failures.length > 0) {
      throw new PartialFailure(failures.flatMap((one) => (one instanceof PartialFailure ? one.failures : [one])))
    }
  }

  async #look(recordingId: string, now: number): Promise<void> {
    const known = await this.documents.get(recordingId)
    if (!known) return this.documents.settle(recordingId)
    const session = known.closed ? undefined : await this.sessions.find(known.groupId)
    const { document } = await this.documents.update(recordingId, (before) => ({
      document: before && before.lookAt <= now ? lookedAt(before, session, now) : before,
      result: undefined,
    }))
    if (document?.closed) this.#deliver(recordingId, now)
  }

  /** Where all turns are taken, another process posts it, or a later round. */
  #deliver(recordingId: string, now: number): void {
    if (this.#posting.size >= AT_ONCE || this.#posting.has(recordingId)) return
    this.#posting.add(recordingId)
    void this.#post(recordingId, now)
      .catch((error: unknown) => void this.#failures.push(new Error(`recording ${recordingId}`, { cause: error })))
      .finally(() => this.#posting.delete(recordingId))
  }

  async #post(recordingId: string, now: number): Promise<void> {
    const { document, result: isMine } = await this.documents.update(recordingId, (before) => {
      if (!before?.closed || before.postAt > now) return { document: before, result: false }
      // Replicas of the release before know only when it is looked at.
      return { document: { ...before, postAt: now + POST_MS, lookAt: now + POST_MS }, result: true }
    })
    if (!document || !isMine) return
    await this.poster.post(document)
    await this.documents.update(recordingId, () => ({ document: undefined, result: undefined }))
  }

  async #begin(
    groupId: string,
    recordingId: string,
    { userId, deviceId }: Device,
    now: number,
  ): Promise<RecordingDocument | undefined> {
    const session = await this.sessions.find(groupId)
    const recording = session && going(session, recordingId)
    if (!recording || !isRecorder(recording, { userId, deviceId })) return undefined
    const { startedAt, soundOnly } = recording
    const begun = { id: recordingId, groupId, userId, deviceId, startedAt, soundOnly, seenAt: now }
    const wanted = { ...begun, lookAt: now + LOOK_MS, whole: false, closed: false, postAt: 0 }
    const { document } = await this.documents.update(recordingId, (before) => ({
      document: before ?? wanted,
      result: undefined,
    }))
    return document
  }
}

/** What becomes of a recording that is due: it is looked at again later; one that is over is closed, to be posted. */
function lookedAt(document: RecordingDocument, session: CallSession | undefined, now: number): RecordingDocument {
  if (document.closed) return { ...document, lookAt: now + LOOK_MS }
  const goesOn = session !== undefined && going(session, document.id) !== undefined
  if (goesOn) {
    const isThere = session.participants.some((one) => isOf(document, one))
    return { ...document, seenAt: isThere ? now : document.seenAt, lookAt: now + LOOK_MS }
  }
  const isOver = document.whole || document.seenAt + WAIT_MS <= now
  if (isOver) return { ...document, closed: true, lookAt: now + LOOK_MS }
  return { ...document, lookAt: document.seenAt + WAIT_MS }
}

const going = ({ state, recording }: CallSession, recordingId: string) =>
  state !== CallState.ENDED && recording?.id === recordingId ? recording : undefined

const isOf = (document: Device, { userId, deviceId }: Device): boolean =>
  document.userId === userId && document.deviceId === deviceId
