import type { BucketRate } from '@beseda/kernel'
import { typingSubject } from '@beseda/proto'
import { TypingSchema } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { ClientSocket } from '../session/client-socket.js'
import type { RateLimits } from '../session/limits.js'
import type { Rooms } from './rooms.js'
import type { Speakers } from './speakers.js'

/** Of one person. Clients send one every 3 s; beyond the rate notices are dropped without an answer. */
const RATE: BucketRate = { perMinute: 40, burst: 5 }

/** Tells the members of a group on all gateways that somebody is typing. */
export class TypingNotices {
  constructor(
    private readonly nats: Pick<NatsConnection, 'publish'>,
    private readonly rooms: Pick<Rooms, 'find'>,
    private readonly limits: Pick<RateLimits, 'take'>,
    private readonly speakers: Pick<Speakers, 'mayPost'>,
  ) {}

  /** Only for groups that the socket is in, and in which its person may post now. */
  async notify(socket: ClientSocket, groupId: string): Promise<void> {
    const { userId } = socket
    if (this.limits.take(`${userId}:typing`, RATE, performance.now()) > 0) return
    const room = await this.rooms.find(groupId)
    if (!room?.has(socket)) return
    if (!(await this.speakers.mayPost(groupId, userId, room.rosterSeq, Date.now()))) return
    this.nats.publish(typingSubject(groupId), toBinary(TypingSchema, create(TypingSchema, { groupId, userId })))
  }
}
