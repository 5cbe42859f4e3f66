import type { GroupHistory } from '@beseda/history'
import type { Call } from '@beseda/proto/call/v1/call_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { mayRing, ringingOf } from '../domain/call-note.js'
import { topicOf } from '../domain/topic.js'
import { type GroupRow, groupById, hasBlocked, roleIn, settingsOf, wishOf } from '../projections/queries.js'
import type { Memory, People } from './ports.js'
import type { Sender } from './sender.js'
import type { Subscriptions } from './subscriptions.js'

/** How long a device that was off is still told that it has missed a call. */
const MISSED_SECONDS = 24 * 3_600

/** Rings devices whose pages are closed, and stops when the call was answered elsewhere, declined or given up. */
export class CallPushes {
  constructor(
    private readonly history: GroupHistory,
    private readonly people: People,
    private readonly subscriptions: Subscriptions,
    private readonly memory: Memory,
    private readonly sender: Sender,
  ) {}

  /** A call as it stands now, seen by one replica only. */
  async changed(call: Call, now: number): Promise<void> {
    const group = groupById(this.history.view, call.groupId)
    if (!group) return
    const ringing = [...ringingOf(call, now)]
    const ringers = ringing.flatMap(([userId, { kind }]) => (kind === 'rings' ? [userId] : []))
    const attention = ringers.length > 0 ? await this.people.attention(ringers) : new Map()
    await Promise.all(
      ringing.map(([userId, state]) => {
        if (state.kind === 'over') return this.#stop(userId, call, group, state.missed, now)
        const doNotDisturb: boolean = attention.get(userId)?.doNotDisturb ?? false
        return this.#ring(userId, call, group, state.until, doNotDisturb, now)
      }),
    )
  }

  async #ring(userId: string, call: Call, group: GroupRow, until: number, doNotDisturb: boolean, now: number) {
    const { view } = this.history
    const person = {
      wish: wishOf(view, userId, group.id),
      quietHours: settingsOf(view, userId)?.quietHours,
      hasBlockedCaller: hasBlocked(view, userId, call.callerId),
      doNotDisturb,
    }
    if (roleIn(view, group.id, userId) === undefined) return
    if (!mayRing({ kind: group.kind, archived: group.archived === 1 }, person, now)) return
    const devices = await this.subscriptions.living([userId], now)
    if (devices.length === 0 || !(await this.memory.claim(userId, call.id, until - now)).first) return
    const shown = devices.map(({ session_id }) => session_id)
    await this.memory.shown(userId, call.id, shown)
    const about = await this.#about(userId, call, group)
    for (const device of devices) {
      const note = { kind: 'call', ...about, video: call.video, until, locale: device.locale } as const
      const ttlSeconds = Math.max(1, Math.ceil((until - now) / 1_000))
      this.sender.send(device, note, { ttlSeconds, urgency: 'high', topic: topicOf(call.id) })
    }
  }

  async #stop(userId: string, call: Call, group: GroupRow, missed: boolean, now: number): Promise<void> {
    const shown = new Set(await this.memory.takeShown(userId, call.id))
    if (shown.size === 0) return
    const about = await this.#about(userId, call, group)
    for (const device of await this.subscriptions.living([userId], now)) {
      if (!shown.has(device.session_id)) continue
      const note = { kind: 'call-over', ...about, missed, locale: device.locale } as const
      const terms = { ttlSeconds: missed ? MISSED_SECONDS : 60, urgency: 'high', topic: topicOf(call.id) } as const
      this.sender.send(device, note, terms)
    }
  }

  async #about(userId: string, { id: callId, callerId }: Call, group: GroupRow) {
    const hidden = settingsOf(this.history.view, userId)?.hideContent ?? false
    const caller = hidden ? '' : ((await this.people.names([callerId])).get(callerId) ?? '')
    const direct = group.kind === GroupKind.DIRECT
    return { callId, groupId: group.id, direct, groupName: direct ? '' : group.name, caller }
  }
}
