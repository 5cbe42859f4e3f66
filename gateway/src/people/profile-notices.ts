import { profileSubject } from '@beseda/proto'
import { ProfileChangedSchema } from '@beseda/proto/gateway/v1/frames'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import type { ClientSocket } from '../session/client-socket.js'
import { serverFrame } from '../session/frames.js'

/**
 * Sends a changed profile to the sockets that watch the person, and to the person's own. One subscription covers everybody: profiles change
 * far less often than presence, and a gateway without a watcher drops the message.
 */
export class ProfileNotices {
  readonly #subscription: Subscription

  constructor(
    nats: Pick<NatsConnection, 'subscribe'>,
    private readonly watchersOf: (userId: string) => Iterable<ClientSocket>,
    private readonly socketsOf: (userId: string) => Iterable<ClientSocket>,
  ) {
    const callback = (_: Error | null, message: Msg) => this.#changed(message)
    this.#subscription = nats.subscribe(profileSubject('*'), { callback })
  }

  stop(): void {
    this.#subscription.unsubscribe()
  }

  #changed({ data }: Msg): void {
    const value = fromBinary(ProfileChangedSchema, data)
    const userId = value.user?.id ?? ''
    const sockets = new Set([...this.watchersOf(userId), ...this.socketsOf(userId)])
    if (sockets.size === 0) return
    const frame = serverFrame({ case: 'profileChanged', value })
    for (const socket of sockets) socket.send(frame)
  }
}
