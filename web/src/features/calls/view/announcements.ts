import type { RemotePerson, RoomSnapshot } from '../engine/room.js'
import { troubleKey } from '../media/open-device.js'
import { refusalSentence, type Sentence } from './call-view.js'

/** Announcements for screen readers when one call state follows another. */
export function announcements(
  before: RoomSnapshot,
  now: RoomSnapshot,
  nameOf: (userId: string) => string,
): readonly Sentence[] {
  const was = new Map(before.people.map((person) => [person.userId, person]))
  const is = new Set(now.people.map(({ userId }) => userId))
  const named = (key: string, { userId }: RemotePerson): Sentence => ({ key, values: { name: nameOf(userId) } })
  return [
    ...now.people.flatMap((person) => {
      const old = was.get(person.userId)
      if (!old) return [named('callSaid.joined', person)]
      return [
        ...changes(old, person).map((key) => named(key, person)),
        ...reactions(old, person, nameOf),
        ...refusals(old, person, nameOf),
      ]
    }),
    ...before.people.filter(({ userId }) => !is.has(userId)).map((person) => named('callSaid.left', person)),
    ...(now.own.open === before.own.open ? [] : [{ key: now.own.open ? 'callSaid.open' : 'callSaid.muted' }]),
    ...troubles(before, now),
    ...(now.own.cameraPaused && !before.own.cameraPaused ? [{ key: 'calls.cameraPaused' }] : []),
  ]
}

function changes(old: RemotePerson, person: RemotePerson): string[] {
  const said: string[] = []
  if (old.link === 'connected' && person.link !== 'connected') said.push('callSaid.lost')
  if (old.link === 'reconnecting' && person.link === 'connected') said.push('callSaid.back')
  if (!old.media.hand && person.media.hand) said.push('callSaid.hand')
  if (!old.screen && person.screen) said.push('callSaid.shares')
  if (old.screen && !person.screen) said.push('callSaid.sharesNoMore')
  return said
}

function reactions(
  old: RemotePerson,
  { userId, reaction }: RemotePerson,
  nameOf: (userId: string) => string,
): Sentence[] {
  if (!reaction || reaction.turn === old.reaction?.turn) return []
  return [{ key: 'callSaid.reacted', values: { name: nameOf(userId), reaction: reaction.reaction } }]
}

/** Why there will be no connection with somebody. */
function refusals(
  old: RemotePerson,
  { userId, refusal }: RemotePerson,
  nameOf: (userId: string) => string,
): Sentence[] {
  const isNew = refusal && (refusal.where !== old.refusal?.where || refusal.why !== old.refusal.why)
  return isNew ? [refusalSentence(refusal, nameOf(userId))] : []
}

/** A device that gives nothing any more. */
function troubles(before: RoomSnapshot, now: RoomSnapshot): Sentence[] {
  const { microphoneTrouble: microphone, cameraTrouble: camera } = now.own
  return [
    ...(microphone && microphone !== before.own.microphoneTrouble
      ? [{ key: troubleKey('microphone', microphone) }]
      : []),
    ...(camera && camera !== before.own.cameraTrouble ? [{ key: troubleKey('camera', camera) }] : []),
  ]
}
