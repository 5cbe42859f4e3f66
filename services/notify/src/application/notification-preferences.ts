import { type CommandDeps, handleCommand } from '@beseda/event-log'
import { type Caller, type GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { NOTIFY_STREAM, notifyGroupSubject, notifySettingsSubject, userSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import {
  type GroupNotificationsChanged,
  GroupNotificationsChangedSchema,
  type NotificationSettingsChanged,
  NotificationSettingsChangedSchema,
} from '@beseda/proto/notify/v1/events'
import { type NotificationSettings, NotificationSettingsSchema } from '@beseda/proto/notify/v1/notify_service'
import { isTimeZone } from '@beseda/rules'
import { create, equals, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import { roleIn, settingsOf, settingsRow, wishesOf, wishOf, wishRow } from '../projections/queries.js'

/** Publishes what is not kept. */
export type Publish = (subject: string, bytes: Uint8Array) => void

/** What people want to be told. */
export class Wishes {
  constructor(
    private readonly history: GroupHistory,
    private readonly publish: Publish,
  ) {}

  of(userId: string): NotificationSettings {
    const { view } = this.history
    const { quietHours, hideContent } = settingsOf(view, userId) ?? { quietHours: undefined, hideContent: false }
    const groups = wishesOf(view, userId).map(({ group_id, level, muted_until }) => ({
      groupId: group_id,
      level,
      ...(muted_until > 0 ? { mutedUntil: timestampFromMs(muted_until) } : {}),
    }))
    return create(NotificationSettingsSchema, { ...(quietHours ? { quietHours } : {}), hideContent, groups })
  }

  /** Errors: INVALID_REQUEST for a time zone that nobody knows. */
  async change(wanted: NotificationSettingsChanged, caller: Caller): Promise<NotificationSettings> {
    const { quietHours } = wanted
    if (quietHours?.enabled && !isTimeZone(quietHours.timeZone)) {
      throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'quiet_hours.time_zone' })
    }
    await this.#run(caller, notifySettingsSubject(caller.userId), {
      load: () => {
        const row = settingsRow(this.history.view, caller.userId)
        return { state: settingsOf(this.history.view, caller.userId), lastSeq: row?.seq ?? 0 }
      },
      decide: (present) =>
        present && equals(NotificationSettingsChangedSchema, present, wanted)
          ? []
          : [{ case: 'notificationSettingsChanged', value: wanted }],
    })
    return this.#changed(caller.userId)
  }

  /** Errors: NOT_A_MEMBER. */
  async changeGroup(groupId: string, wanted: GroupNotificationsChanged, caller: Caller): Promise<NotificationSettings> {
    const { userId, signal } = caller
    await this.history.confirmRefusals(groupId, signal, () => {
      if (roleIn(this.history.view, groupId, userId) === undefined) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    })
    const mutedUntil = wanted.mutedUntil ? timestampMs(wanted.mutedUntil) : 0
    await this.#run(caller, notifyGroupSubject(userId, groupId), {
      load: () => {
        const { view } = this.history
        return { state: wishOf(view, userId, groupId), lastSeq: wishRow(view, userId, groupId)?.seq ?? 0 }
      },
      decide: (present) =>
        present.level === wanted.level && present.mutedUntil === mutedUntil
          ? []
          : [{ case: 'groupNotificationsChanged', value: wanted }],
    })
    return this.#changed(userId)
  }

  /** Nothing is kept of who is no more. */
  async forget(userId: string, caller: Caller): Promise<void> {
    const { view } = this.history
    const row = settingsRow(view, userId)
    if (row && row.event.length > 0) {
      await this.#run(caller, notifySettingsSubject(userId), {
        load: () => ({ state: undefined, lastSeq: settingsRow(view, userId)?.seq ?? 0 }),
        decide: () => [{ case: 'notificationSettingsChanged', value: create(NotificationSettingsChangedSchema) }],
      })
    }
    const wishes = view.all<{ group_id: string }>(
      'SELECT group_id FROM wish WHERE user_id = ? AND (level > 0 OR muted_until > 0)',
      userId,
    )
    for (const { group_id: groupId } of wishes) {
      await this.#run(caller, notifyGroupSubject(userId, groupId), {
        load: () => ({ state: undefined, lastSeq: wishRow(view, userId, groupId)?.seq ?? 0 }),
        decide: () => [{ case: 'groupNotificationsChanged', value: create(GroupNotificationsChangedSchema) }],
      })
    }
  }

  #run<State>(
    caller: Caller,
    subject: string,
    rules: Pick<Parameters<typeof handleCommand<State>>[1], 'load' | 'decide'>,
  ): Promise<unknown> {
    const deps: CommandDeps = this.history.deps
    return handleCommand<State>(deps, {
      ...caller,
      // One person changes several subjects by one command.
      commandId: `${caller.commandId}.${subject}`,
      actorId: caller.userId,
      key: subject,
      stream: NOTIFY_STREAM,
      subject,
      ...rules,
    })
  }

  /** All devices of the person know it. */
  #changed(userId: string): NotificationSettings {
    const settings = this.of(userId)
    const event = create(UserEventSchema, { event: { case: 'notificationSettings', value: settings } })
    this.publish(userSubject(userId), toBinary(UserEventSchema, event))
    return settings
  }
}
