import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from 'vitest'
import { close, closePage, expire, join, leave, remove, renew } from './call.js'
import { answerRecording, pauseRecording, record, stopRecording } from './recording.js'
import { recover } from './recovery.js'
import { AWAY_MS, type CallSession, LEASE_MS, PAGE_MS } from './session.js'
import { active, ann, bob, bobTablet, cases, cat, groupCall, reasonOf, ringing, T } from './testing.js'

const NOW = 3_000
const wanted = { id: 'r', commandId: 'do', soundOnly: false }
/** Ann and Bob talk; Ann records. */
const recorded = (of = groupCall): CallSession => record(active(of), 'c', ann, wanted, NOW).session
const said = (session: CallSession) => [session.recording?.agreed, session.recording?.refused]
const stay = { move: false }

describe('starting', () => {
  test('is told in the history, and nobody but whoever records is in it', () => {
    const change = record(active(), 'c', ann, wanted, NOW)
    expect(cases(change)).toEqual(['callRecordingStarted'])
    expect(change.session.recording).toMatchObject({ ...ann, id: 'r', startedAt: NOW, paused: false })
    expect(said(change.session)).toEqual([[], []])
    expect(change.session.revision).toBe(active().revision + 1)
  })

  test('again with the same command is nothing, also after its recording has ended', () => {
    const going = recorded()
    expect(record(going, 'c', ann, { ...wanted, id: 'r2' }, NOW)).toEqual({ session: going, events: [] })
    const { session: over } = stopRecording(going, 'r')
    expect(record(over, 'c', ann, { ...wanted, id: 'r2' }, NOW).session).toBe(over)
    expect(record(over, 'c', ann, { ...wanted, id: 'r2', commandId: 'again' }, NOW).session.recording?.id).toBe('r2')
  })

  test('is for one at a time, and for who is in the call', () => {
    expect(reasonOf(() => record(recorded(), 'c', bob, { ...wanted, commandId: 'other' }, NOW))).toBe(
      'RECORDING_GOES_ON',
    )
    // The command id of another person proves nothing.
    expect(reasonOf(() => record(recorded(), 'c', bob, wanted, NOW))).toBe('RECORDING_GOES_ON')
    expect(reasonOf(() => record(active(), 'c', cat, wanted, NOW))).toBe('NOT_IN_CALL')
    expect(reasonOf(() => record(active(), 'c', bobTablet, wanted, NOW))).toBe('NOT_IN_CALL')
    expect(reasonOf(() => record(undefined, 'c', ann, wanted, NOW))).toBe('CALL_NOT_FOUND')
    const { session: over } = close(active(), CallEndReason.HANG_UP, NOW)
    expect(reasonOf(() => record(over, 'c', ann, wanted, NOW))).toBe('CALL_ENDED')
  })
})

describe('the answer of a participant', () => {
  const answer = (session: CallSession, agrees: boolean, device = bob) =>
    answerRecording(session, 'c', 'r', device, agrees)

  test('counts as the newest one, and the same again changes nothing', () => {
    const { session: agreed } = answer(recorded(), true)
    expect(said(agreed)).toEqual([['bob'], []])
    expect(answer(agreed, true).session).toBe(agreed)
    const { session: withdrawn } = answer(agreed, false)
    expect(said(withdrawn)).toEqual([[], ['bob']])
    expect(said(answer(withdrawn, true).session)).toEqual([['bob'], []])
  })

  test('is of who is in the call, about the recording that goes on', () => {
    expect(reasonOf(() => answer(recorded(), true, cat))).toBe('NOT_IN_CALL')
    expect(reasonOf(() => answerRecording(recorded(), 'c', 'another', bob, true))).toBe('RECORDING_NOT_FOUND')
    expect(reasonOf(() => answer(active(), true))).toBe('RECORDING_NOT_FOUND')
    const going = recorded()
    expect(answer(going, false, ann).session).toBe(going)
  })
})

test('it is paused and goes on, and an end that is repeated is no error', () => {
  const { session: paused } = pauseRecording(recorded(), 'r', true)
  expect(paused.recording?.paused).toBe(true)
  expect(pauseRecording(paused, 'r', true).session).toBe(paused)
  expect(pauseRecording(paused, 'r', false).session.recording?.paused).toBe(false)
  const change = stopRecording(paused, 'r')
  expect(cases(change)).toEqual(['callRecordingEnded'])
  expect(change.session.recording).toBeUndefined()
  expect(stopRecording(change.session, 'r')).toEqual({ session: change.session, events: [] })
  expect(reasonOf(() => pauseRecording(change.session, 'r', true))).toBe('RECORDING_NOT_FOUND')
})

describe('it ends with the device that makes it', () => {
  const bobsCall = () => join(recorded(), 'c', cat, stay, NOW).session

  test.each([
    ['hangs up', () => leave(bobsCall(), 'c', ann, NOW)],
    ['is taken out', () => remove(bobsCall(), 'ann', NOW)],
    ['gives its place to another device', () => join(bobsCall(), 'c', { ...ann, deviceId: 'x' }, { move: true }, NOW)],
  ])('which %s', (_, end) => {
    const change = end()
    expect(change.session.state).toBe(CallState.ACTIVE)
    expect(change.session.recording).toBeUndefined()
    expect(cases(change).filter((one) => one === 'callRecordingEnded')).toHaveLength(1)
  })

  test('the end of the call comes after it in the history', () => {
    expect(cases(close(recorded(), CallEndReason.HANG_UP, NOW)).slice(-2)).toEqual(['callRecordingEnded', 'callEnded'])
    expect(cases(leave(active(), 'c', bob, NOW))).not.toContain('callRecordingEnded')
  })

  test('but not when somebody else leaves', () => {
    expect(leave(bobsCall(), 'c', bob, NOW).session.recording?.id).toBe('r')
  })

  test('a device that has lost the network goes on recording, until its place is given up', () => {
    const kept = renew(renew(bobsCall(), 'c', bob, 0, NOW).session, 'c', cat, 0, NOW + LEASE_MS - 1).session
    const { session: away } = expire(kept, NOW + LEASE_MS)
    expect(away.away.map(({ userId }) => userId)).toContain('ann')
    expect(away.recording?.id).toBe('r')
    expect(renew(away, 'c', ann, 0, NOW + LEASE_MS + 1).session.recording?.id).toBe('r')
    const later = NOW + LEASE_MS + AWAY_MS
    const stays = renew(renew(away, 'c', cat, 0, later - 1).session, 'c', bob, 0, later - 1).session
    const change = expire(stays, later)
    expect(change.session.recording).toBeUndefined()
    expect(cases(change)).toContain('callRecordingEnded')
  })

  test('one whose page has closed has less time', () => {
    const { session: closed } = closePage(bobsCall(), 'c', ann, NOW)
    expect(closed.recording?.id).toBe('r')
    const stays = renew(closed, 'c', bob, 0, NOW + PAGE_MS - 1).session
    expect(expire(stays, NOW + PAGE_MS).session.recording).toBeUndefined()
  })
})

test('recovered from the log, it waits for a device of whoever made it, and everybody is asked again', () => {
  const all = [
    join(ringing(groupCall), 'c', bob, stay, 2_000).events,
    record(active(groupCall), 'c', ann, wanted, NOW).events,
  ]
  const start = [{ case: 'callStarted', value: { callId: 'c', callerId: 'ann' } }, ...[]] as never[]
  const joined = [{ case: 'callJoined', value: { callId: 'c', userId: 'ann' } }] as never[]
  const commits = [[...start, ...joined], ...all].map((bodies, i) =>
    create(CommitSchema, {
      id: `c.${i + 1}`,
      time: timestampFromMs(T + i),
      events: bodies.map((body) => ({ body })) as never,
    }),
  )
  const context = { groupId: 'g', direct: false, ringMs: 1, limits: groupCall.limits, now: NOW }
  const found = recover(commits, context)
  expect(found?.recording).toMatchObject({ id: 'r', userId: 'ann', deviceId: '', agreed: [] })
  const back = renew(found, 'c', ann, 0, NOW).session
  expect(back.recording?.id).toBe('r')
  const { session: over } = expire(renew(found, 'c', bob, 0, NOW + AWAY_MS - 1).session, NOW + AWAY_MS)
  expect(over.recording).toBeUndefined()
  const ended = create(CommitSchema, {
    id: 'c.9',
    events: [{ body: { case: 'callRecordingEnded', value: { callId: 'c', recordingId: 'r' } } }] as never,
  })
  expect(recover([...commits, ended], context)?.recording).toBeUndefined()
})
