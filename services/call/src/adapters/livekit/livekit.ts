import type { SfuNode } from '@beseda/platform'
import type { CallRoom, RoomAccess, Sfu } from '../../application/ports.js'
import type { SfuConfig } from '../../config.js'
import type { Device } from '../../domain/session.js'
import { livekitToken } from './token.js'

/** Within which a node answers. Longer: people hear nothing for that much more when it hangs; shorter: a busy node is taken for dead. */
const ANSWER_MS = 800
/** A node that does not answer so often in a row is dead, without anybody's complaint. */
const DEAD_AFTER = 2
/** Seconds that a room waits for the first device, and after the last one. Rooms of calls that are over are closed before. */
const EMPTY_S = { empty_timeout: 600, departure_timeout: 20 }
/** Seats beside those of the call: a device that takes over from another one may come before that has gone. */
const SPARE_SEATS = 5
/** A token of this service for its own requests. */
const OWN_TOKEN_MS = 60_000

/** What a device may send: its microphone, camera and screen, and encrypted notes to the others. */
const MEDIA = {
  roomJoin: true,
  canPublish: true,
  canSubscribe: true,
  canPublishData: true,
  canUpdateOwnMetadata: false,
  canPublishSources: ['microphone', 'camera', 'screen_share', 'screen_share_audio'],
}

interface Answer {
  readonly rooms?: readonly unknown[]
  readonly participants?: readonly { readonly identity: string }[]
}

/**
 * Nodes of LiveKit, each by itself: no common Redis ties them, so a dead one concerns only the calls on it (ADR 115). Their API is JSON over HTTP
 * (Twirp); five requests of it are used here.
 */
export class LivekitSfu implements Sfu {
  readonly #failures = new Map<string, number>()

  constructor(private readonly config: SfuConfig) {}

  async open(callId: string, generation: number, most: number, without: string | undefined) {
    const living = this.config.nodes.filter(({ url }) => this.isLiving(url))
    const others = shuffled(living.filter(({ url }) => url !== without))
    for (const node of [...others, ...living.filter(({ url }) => url === without)]) {
      const room = { callId, node: node.url, generation }
      const wish = { name: nameOf(room), max_participants: most + SPARE_SEATS, ...EMPTY_S }
      const made = await this.#ask(node, 'CreateRoom', { roomCreate: true }, wish).then(
        () => true,
        () => false,
      )
      if (made) return room
      this.#failures.set(node.url, DEAD_AFTER)
    }
    return undefined
  }

  accessTo(room: CallRoom, { deviceId: identity }: Device, now: Date, expiresAt: Date): RoomAccess {
    const grants = { ...MEDIA, room: nameOf(room) }
    const token = livekitToken(this.config, grants, { now, expiresAt, identity })
    return { url: room.node, token, generation: room.generation }
  }

  isLiving(url: string): boolean {
    return this.#find(url) !== undefined && (this.#failures.get(url) ?? 0) < DEAD_AFTER
  }

  /** A node that does not answer somebody who was told that it is silent is dead at once. */
  async check(url: string): Promise<boolean> {
    const node = this.#find(url)
    if (!node) return false
    const answers = await this.#answers(node)
    this.#failures.set(url, answers ? 0 : DEAD_AFTER)
    return answers
  }

  async look(): Promise<void> {
    await Promise.all(
      this.config.nodes.map(async (node) => {
        const answers = await this.#answers(node)
        this.#failures.set(node.url, answers ? 0 : (this.#failures.get(node.url) ?? 0) + 1)
      }),
    )
  }

  async devicesIn(room: CallRoom): Promise<readonly string[] | undefined> {
    const node = this.#find(room.node)
    if (!node) return undefined
    const name = nameOf(room)
    const { rooms = [] } = await this.#ask(node, 'ListRooms', { roomList: true }, { names: [name] })
    if (rooms.length === 0) return undefined
    const { participants = [] } = await this.#ask(
      node,
      'ListParticipants',
      { roomAdmin: true, room: name },
      { room: name },
    )
    return participants.map(({ identity }) => identity)
  }

  async remove(room: CallRoom, deviceId: string): Promise<void> {
    const name = nameOf(room)
    await this.#askOf(room, 'RemoveParticipant', { roomAdmin: true, room: name }, { room: name, identity: deviceId })
  }

  /** A node that is not configured any more cannot be asked, nor will it be. */
  async close(room: CallRoom): Promise<boolean> {
    if (this.#find(room.node) && !this.isLiving(room.node)) return false
    await this.#askOf(room, 'DeleteRoom', { roomCreate: true }, { room: nameOf(room) })
    return true
  }

  #find(url: string): SfuNode | undefined {
    return this.config.nodes.find((node) => node.url === url)
  }

  /** What is not there any more is what was wanted. */
  async #askOf({ node: url }: CallRoom, method: string, grants: object, request: object): Promise<void> {
    const node = this.#find(url)
    if (node && this.isLiving(url)) await this.#ask(node, method, grants, request, [404])
  }

  async #answers({ inside }: SfuNode): Promise<boolean> {
    try {
      // A connection of its own: through one that is kept, a node that leaves would still be reached.
      const answer = await fetch(`${inside}/`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      await answer.arrayBuffer()
      return answer.ok
    } catch {
      // Refused, silent, or no HTTP: it does not answer.
      return false
    }
  }

  /** Errors: a sentence with what the node answered; that of the connection. */
  async #ask(
    { inside }: SfuNode,
    method: string,
    grants: object,
    request: object,
    accepted: readonly number[] = [],
  ): Promise<Answer> {
    const now = new Date()
    const expiresAt = new Date(now.getTime() + OWN_TOKEN_MS)
    const token = livekitToken(this.config, { ...grants }, { now, expiresAt })
    const answer = await fetch(`${inside}/twirp/livekit.RoomService/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const text = await answer.text()
    if (!answer.ok && !accepted.includes(answer.status)) {
      throw new Error(`${method} at ${inside}: ${answer.status} ${text.slice(0, 200)}`)
    }
    return answer.ok ? (JSON.parse(text) as Answer) : {}
  }
}

const nameOf = ({ callId, generation }: CallRoom): string => `${callId}.${generation}`

/** Each node gets its part of the calls. */
const shuffled = <One>(all: readonly One[]): One[] =>
  all
    .map((one) => ({ one, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one)
