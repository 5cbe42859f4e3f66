import { CallState } from '@beseda/proto/call/v1/call_service'
import type { Bars, LinkStats } from '../engine/quality/stats.js'
import type { ShownReaction } from '../engine/reactions.js'
import type { RemotePerson, RoomSnapshot } from '../engine/room.js'
import type { Refusal } from '../engine/trust/refusal.js'
import { troubleKey } from '../media/open-device.js'
import type { WindowState } from './window-state.js'

/** A sentence: key of a translation and its values. */
export interface Sentence {
  readonly key: string
  readonly values?: Readonly<Record<string, string | number>>
}

/** One tile on the stage: a person, or the screen that a person shares. */
export interface Tile {
  readonly id: string
  readonly kind: 'person' | 'screen'
  readonly userId: string
  readonly own: boolean
  readonly name: string
  readonly picture: MediaStream | undefined
  /** One's own face is mirrored. */
  readonly mirrored: boolean
  readonly speaking: boolean
  readonly muted: boolean
  readonly deafened: boolean
  /** Wants to say something. */
  readonly hand: boolean
  readonly reaction: ShownReaction | undefined
  /** Shown over the picture while there is no connection. */
  readonly trouble: Sentence | undefined
  /** The trouble does not pass by itself. */
  readonly refused: boolean
  /** The person here has compared codes with them. */
  readonly verified: boolean
  /** Is being called: not in the call yet. */
  readonly calling: boolean
  readonly bars: Bars | undefined
  readonly stats: LinkStats | undefined
  readonly volume: number
  readonly pinned: boolean
}

export interface CallView {
  readonly title: string
  /** The state of the call; undefined: the clock runs. */
  readonly status: Sentence | undefined
  /** The tile in the middle; undefined: all are equal. */
  readonly focus: Tile | undefined
  /** All others, or all. */
  readonly tiles: readonly Tile[]
  readonly people: number
  readonly mayMute: boolean
  readonly mayRemove: boolean
  /** Current hints, most important first. */
  readonly hints: readonly Hint[]
}

/** A hint, with the person whom it is about. */
export interface Hint extends Sentence {
  readonly about?: string
}

export interface Surroundings {
  readonly me: string
  readonly title: string
  /** A call of two. */
  readonly direct: boolean
  readonly mayMute: boolean
  readonly mayRemove: boolean
  nameOf(userId: string): string
}

/** What the window shows of a call, computed from a snapshot: no DOM, no clock. */
export function viewOf(snapshot: RoomSnapshot, state: WindowState, around: Surroundings): CallView {
  const called = calledTile(snapshot, around)
  const tiles = [
    ...snapshot.people.flatMap((person) => tilesOf(person, around, state)),
    ...ownTiles(snapshot, around, state),
  ]
  const focus = tiles.find(({ pinned }) => pinned) ?? tiles.find(({ kind, own }) => kind === 'screen' && !own) ?? called
  return {
    title: around.title,
    status: statusOf(snapshot, called),
    focus,
    tiles: tiles.filter((tile) => tile !== focus),
    people: snapshot.people.length + 1,
    mayMute: around.mayMute,
    mayRemove: around.mayRemove,
    hints: hintsOf(snapshot, around),
  }
}

/** In a call of two that nobody has answered yet: the person who is called. Nobody wants to look at oneself meanwhile. */
function calledTile({ call, people }: RoomSnapshot, { direct, nameOf }: Surroundings): Tile | undefined {
  const [called] = call.invitees
  if (!direct || !called || people.length > 0 || call.state !== CallState.RINGING) return undefined
  return { ...NOT_THERE, id: called.userId, userId: called.userId, name: nameOf(called.userId), calling: true }
}

const NOT_THERE = {
  kind: 'person',
  own: false,
  picture: undefined,
  mirrored: false,
  speaking: false,
  muted: false,
  deafened: false,
  hand: false,
  reaction: undefined,
  trouble: undefined,
  refused: false,
  verified: false,
  bars: undefined,
  stats: undefined,
  volume: 1,
  pinned: false,
} as const

export const screenTile = (userId: string): string => `${userId} screen`

function tilesOf(person: RemotePerson, { nameOf }: Surroundings, { pinned }: WindowState): Tile[] {
  const { userId, media, stats } = person
  const base = {
    userId,
    own: false,
    name: nameOf(userId),
    mirrored: false,
    volume: person.volume,
    stats,
    trouble: troubleOf(person, nameOf(userId)),
    refused: person.refusal !== undefined,
    verified: person.trust === 'verified',
    calling: false,
  }
  const face: Tile = {
    ...base,
    id: userId,
    kind: 'person',
    picture: person.camera,
    speaking: person.speaking,
    muted: !media.microphone,
    deafened: media.deafened,
    hand: media.hand,
    reaction: person.reaction,
    bars: stats?.bars,
    pinned: pinned === userId,
  }
  if (!person.screen) return [face]
  const id = screenTile(userId)
  const screen: Tile = {
    ...base,
    id,
    kind: 'screen',
    picture: person.screen,
    speaking: false,
    muted: false,
    deafened: false,
    hand: false,
    reaction: undefined,
    bars: undefined,
    pinned: pinned === id,
  }
  return [screen, face]
}

function ownTiles({ own }: RoomSnapshot, { me, nameOf }: Surroundings, { pinned }: WindowState): Tile[] {
  const base = {
    userId: me,
    own: true,
    name: nameOf(me),
    volume: 1,
    stats: undefined,
    bars: undefined,
    trouble: undefined,
    refused: false,
    verified: false,
    calling: false,
  }
  const face: Tile = {
    ...base,
    id: me,
    kind: 'person',
    picture: own.camera,
    mirrored: true,
    speaking: own.speaking,
    muted: !own.open,
    deafened: own.deafened,
    hand: own.hand,
    reaction: own.reaction,
    pinned: pinned === me,
  }
  if (!own.screen) return [face]
  const id = screenTile(me)
  const screen: Tile = {
    ...face,
    id,
    kind: 'screen',
    picture: own.screen,
    mirrored: false,
    speaking: false,
    muted: false,
    deafened: false,
    hand: false,
    reaction: undefined,
    pinned: pinned === id,
  }
  return [screen, face]
}

function troubleOf({ link, away, refusal }: RemotePerson, name: string): Sentence | undefined {
  if (link === 'connected') return undefined
  if (refusal) return refusalSentence(refusal, name)
  if (away) return { key: 'calls.waitingFor' }
  return { key: link === 'connecting' ? 'calls.connecting' : 'calls.reconnecting' }
}

function statusOf({ call, people, connectedAt }: RoomSnapshot, called: Tile | undefined): Sentence | undefined {
  if (called) return { key: 'calls.callingName', values: { name: called.name } }
  if (people.length === 0) return { key: call.state === CallState.RINGING ? 'calls.calling' : 'calls.alone' }
  const connected = people.some(({ link }) => link === 'connected')
  if (connected) return undefined
  return { key: connectedAt === 0 ? 'calls.connecting' : 'calls.reconnecting' }
}

function hintsOf({ own, people, soundBlocked, wayTrouble }: RoomSnapshot, { nameOf }: Surroundings): Hint[] {
  return [
    ...people.flatMap((person) => keyHint(person, nameOf)),
    ...(wayTrouble ? [{ key: `callWay.${wayTrouble}` }] : []),
    ...(soundBlocked ? [{ key: 'calls.soundBlocked' }] : []),
    ...(own.microphoneTrouble ? [{ key: troubleKey('microphone', own.microphoneTrouble) }] : []),
    ...(own.cameraTrouble && own.cameraTrouble !== 'insecure'
      ? [{ key: troubleKey('camera', own.cameraTrouble) }]
      : []),
    ...(own.cameraPaused ? [{ key: 'calls.cameraPaused' }] : []),
  ]
}

/** Keys that the person here has to look at: of somebody who was verified, or of somebody who had others before. */
function keyHint({ userId, refusal, trust }: RemotePerson, nameOf: Surroundings['nameOf']): Hint[] {
  const values = { name: nameOf(userId) }
  if (refusal?.where === 'here' && refusal.why === 'keyChanged')
    return [{ key: 'callTrust.changed', values, about: userId }]
  return trust === 'new' ? [{ key: 'callTrust.new', values, about: userId }] : []
}

export const refusalSentence = ({ where, why }: Refusal, name: string): Sentence => ({
  key: `callTrust.${where}.${why}`,
  values: { name },
})

/** Minutes and seconds, and hours when there are any. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const two = (n: number) => String(n).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
