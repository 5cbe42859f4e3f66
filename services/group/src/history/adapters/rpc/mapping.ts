import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { AuditEntry, SystemPage } from '../../application/ports.js'
import type { CallRecord } from '../../domain/call-record.js'

/** Entries of a page when the request names no limit. */
const DEFAULT_PAGE = 50

export const placeFrom = (request: {
  readonly beforeSeq: bigint
  readonly limit: number
  readonly minSeq: bigint
}) => ({
  beforeSeq: Number(request.beforeSeq),
  limit: request.limit || DEFAULT_PAGE,
  minSeq: Number(request.minSeq),
})

export const toAuditEntry = ({ seq, at, event }: AuditEntry) => ({
  seq: BigInt(seq),
  time: timestampFromMs(at),
  event,
})

export const toSystemEvent = ({ index, ...entry }: SystemPage['events'][number]) => ({ ...toAuditEntry(entry), index })

export const toCallRecord = (record: NonNullable<CallRecord>) => ({
  callId: record.callId,
  seq: BigInt(record.seq),
  startedAt: timestampFromMs(record.startedAt),
  callerId: record.callerId,
  video: record.video,
  room: record.room,
  ...(record.endedAt > 0 ? { endedAt: timestampFromMs(record.endedAt) } : {}),
  reason: record.reason,
  durationS: record.durationS,
  missedUserIds: [...record.missedUserIds],
  recordedByUserIds: [...record.recordedByUserIds],
})
