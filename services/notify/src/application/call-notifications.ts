import type { Call } from '@beseda/proto/call/v1/call_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { type Attention } from '../domain/notes/recipients.js'
import { mayRing, ringingOf } from '../domain/notes/ringing.js'
import { topicOf } from '../domain/notes/topic.js'
import type {
  Audience,
  NotificationMemory,
  NotifiedGroup,
  NotifyObserver,
  People,
  PreferencesStore,
  ViewFreshness,
} from './ports.js'
import type { PushSender } from './push-sender.js'
import type { PushSubscriptions } from './push-subscriptions.js'

/** How long a push service keeps a missed call for a device that is off. */
const MISSED_SECONDS = 24 * 3_600

/** Rings devices whose pages are closed, and stops when the call was answered elsewhere, declined or given up. */
export class CallNotifications {
  constructor(
    private readonly freshness: ViewFreshness,
    private readonly audience: Audience,
    private readonly preferences: PreferencesStore,
    private readonly people: People,
    private readonly subscriptions: PushSubscriptions,
    private readonly memory: NotificationMemory,
    private readonly sender: PushSender,
    private readonly observer: Pick<NotifyObserver, 'failed'>,
  ) {}

  /** A call as it is now, which one replica gets. */
  async changed(call: Call, now: number): Promise<void> {
    const ringing = [...ringingOf(call, now)]
    const ringers = ringing.flatMap(([userId, { kind }]) => (kind === 'rings' ? [userId] : []))
    // A call may be younger in the view than its group or its members: a person who was just added is rung, too.
    if (ringers.length > 0) await this.#catchUp(call.groupId)
    const group = this.audience.group(call.groupId)
    if (!group) return
    const attention = ringers.length > 0 ? await this.people.attention(ringers) : new Map<string, Attention>()
    await Promise.all(
      ringing.map(([userId, state]) => {
        if (state.kind === 'over') return this.#stop(userId, call, group, state.missed, now)
        return this.#ring(userId, call, group, state.until, attention.get(userId)?.doNotDisturb ?? false, now)
      }),
    )
  }

  /** A log that does not answer keeps no call from ringing: the view may well know the group. */
  async #catchUp(groupId: string): Promise<void> {
    await this.freshness.caughtUp(groupId).catch((error: unknown) => this.observer.failed(error))
  }

  async #ring(userId: string, call: Call, group: NotifiedGroup, until: number, doNotDisturb: boolean, now: number) {
    const person = {
      preference: this.preferences.group(userId, group.id).state,
      quietHours: this.preferences.general(userId).state.quietHours,
      hasBlockedCaller: this.audience.hasBlocked(userId, call.callerId),
      doNotDisturb,
    }
    if (!this.audience.member(group.id, userId) || !mayRing(group, person, now)) return
    const devices = await this.subscriptions.living([userId], now)
    if (devices.length === 0 || !(await this.memory.claim(userId, call.id, until - now)).first) return
    const sessionIds = devices.map(({ sessionId }) => sessionId)
    await this.memory.noteShown(userId, call.id, sessionIds)
    const about = await this.#about(userId, call, group)
    // When the call ends for the person at this moment, either it is known here, or whoever handles that finds the devices.
    if (await this.memory.isCallOver(userId, call.id)) return
    const ttlSeconds = Math.max(1, Math.ceil((until - now) / 1_000))
    for (const device of devices) {
      const note = { kind: 'call', ...about, video: call.video, until, locale: device.locale } as const
      this.sender.send(device, note, { ttlSeconds, urgency: 'high', topic: topicOf(call.id) })
    }
  }

  async #stop(userId: string, call: Call, group: NotifiedGroup, missed: boolean, now: number): Promise<void> {
    await this.memory.noteCallOver(userId, call.id)
    const shown = new Set(await this.memory.takeShown(userId, call.id))
    if (shown.size === 0) return
    const about = await this.#about(userId, call, group)
    const terms = { ttlSeconds: missed ? MISSED_SECONDS : 60, urgency: 'high', topic: topicOf(call.id) } as const
    for (const device of await this.subscriptions.living([userId], now)) {
      if (!shown.has(device.sessionId)) continue
      this.sender.send(device, { kind: 'call-over', ...about, missed, locale: device.locale }, terms)
    }
  }

  async #about(userId: string, { id: callId, callerId }: Call, group: NotifiedGroup) {
    const { hideContent } = this.preferences.general(userId).state
    const caller = hideContent ? '' : ((await this.people.names([callerId])).get(callerId) ?? '')
    const direct = group.kind === GroupKind.DIRECT
    return { callId, groupId: group.id, direct, groupName: direct ? '' : group.name, caller }
  }
}
