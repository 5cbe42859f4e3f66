import { forEachSettled, SerialQueue } from '@beseda/async'
import { GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { InstallationSecret, type Platform, type ServiceDefinition } from '@beseda/platform'
import { NOTIFY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { listenToBus } from './adapters/bus.js'
import { peopleOf } from './adapters/people.js'
import { redisMemory } from './adapters/redis-memory.js'
import { readPushConfig, WebPushGateway } from './adapters/web-push.js'
import { CallPushes } from './application/call-pushes.js'
import { Changes } from './application/changes.js'
import { MessagePushes } from './application/messages.js'
import { Sender } from './application/sender.js'
import { Subscriptions } from './application/subscriptions.js'
import { Wishes } from './application/wishes.js'
import { NotifyEvents } from './events.js'
import { NotifyController } from './notify.controller.js'
import { notifyView } from './projections/notify-view.js'
import { departed, pushesOf, reachableMembers, settingsOf } from './projections/queries.js'

@Module({})
class NotifyModule {}

/** How often sessions are looked for that have ended while nobody listened. */
const SWEEP_MS = 15 * 60_000

/** Wires the service. */
export const notifyService: ServiceDefinition = {
  name: 'notify',
  module(platform: Platform) {
    const { store, rpc, nats, redis, config, logger } = platform
    const projection = platform.project(notifyView, [...platform.historyStreams(), PEOPLE_STREAM, NOTIFY_STREAM])
    const history = new GroupHistory({ store, projection, queue: new SerialQueue() }, config.partitionCount)
    const gateway = new WebPushGateway(readPushConfig(), InstallationSecret.read(config.secretFile))
    const people = peopleOf(rpc)
    const failed = (error: unknown) => logger.warn({ err: error }, 'notify')
    const wishes = new Wishes(history, (subject, bytes) => nats.publish(subject, bytes))
    const subscriptions = new Subscriptions(history, people, gateway)
    const sender = new Sender(gateway, subscriptions, new NotifyEvents(platform))
    const memory = redisMemory(redis)
    const messages = new MessagePushes(history, people, subscriptions, memory, sender, failed)
    const reachable = (groupId: string) =>
      reachableMembers(projection.view, groupId).map(({ user_id: userId }) => userId)
    const hidesContent = (userId: string) => settingsOf(projection.view, userId)?.hideContent ?? false
    const changes = new Changes(reachable, hidesContent, people, subscriptions, memory, sender)
    const calls = new CallPushes(history, people, subscriptions, memory, sender)

    listenToBus(nats, config, {
      posted: async (groupId, stored) => {
        await changes.heard(groupId, stored.commit, Date.now())
        await messages.posted(groupId, stored, Date.now())
      },
      callChanged: (call) => calls.changed(call, Date.now()),
      userEvent: async (userId, event) => {
        if (event.case === 'readState') {
          const { groupId, readSeq } = event.value
          await messages.read(userId, groupId, Number(readSeq), Date.now())
        }
        if (event.case === 'messageHidden')
          await changes.takeAway([userId], event.value.groupId, event.value.messageId, Date.now())
      },
      sessionsEnded: (userId, sessionIds) => subscriptions.end(sessionIds.map((sessionId) => ({ userId, sessionId }))),
      failed,
    })
    platform.onClose(async () => {
      messages.stop()
      sender.stop()
    })
    platform.every('sweep of sessions', SWEEP_MS, projection, () => subscriptions.sweep(Date.now()))
    platform.inBackground(
      'departures',
      projection,
      ({ stream }) => stream === PEOPLE_STREAM,
      () =>
        forEachSettled(
          departed(projection.view),
          ({ user_id }) => `person ${user_id}`,
          async ({ user_id: userId }) => {
            await subscriptions.end(
              pushesOf(projection.view, userId).map(({ session_id: sessionId }) => ({ userId, sessionId })),
            )
            const signal = AbortSignal.timeout(10_000)
            await wishes.forget(userId, { userId, commandId: newId(), now: new Date(), traceparent: undefined, signal })
          },
        ),
    )
    return {
      module: NotifyModule,
      controllers: [NotifyController],
      providers: [
        { provide: Wishes, useValue: wishes },
        { provide: Subscriptions, useValue: subscriptions },
        { provide: Sender, useValue: sender },
        { provide: WebPushGateway, useValue: gateway },
      ],
    }
  },
}
