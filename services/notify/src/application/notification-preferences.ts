import type { Caller, GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { notifyGroupSubject, notifySettingsSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { MailChoice } from '@beseda/proto/notify/v1/events'
import { DEFAULT_PREFERENCE, type GroupPreference } from '@beseda/rules'
import {
  changeGeneral,
  changeGroup,
  DEFAULT_GENERAL,
  type GeneralPreferences,
  type Preferences,
} from '../domain/preferences/preferences.js'
import { changeOwn } from './own-subject.js'
import type { Audience, PreferencesNotices, PreferencesStore } from './ports.js'

type WantedPreferences = Omit<GeneralPreferences, 'mail' | 'callReminder' | 'callInvitations'> & {
  readonly callReminder?: GeneralPreferences['callReminder'] | undefined
}

/** What people want to be notified of. */
export class NotificationPreferences {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: PreferencesStore,
    private readonly audience: Audience,
    private readonly notices: PreferencesNotices,
  ) {}

  /** General preferences, and those for groups that the person is a member of. */
  of(userId: string): Preferences {
    return this.store.loadAsMember(userId)
  }

  /** All but when they are written to; what is not said stays. Errors: INVALID_REQUEST for an unknown time zone. */
  async updateGeneral(wanted: WantedPreferences, caller: Caller): Promise<Preferences> {
    const { callReminder, ...others } = wanted
    await this.#changeGeneral(
      (present) => ({ ...present, ...others, callReminder: callReminder ?? present.callReminder }),
      caller,
    )
    return this.#changed(caller.userId)
  }

  /** When the person is written to about what they have missed, and whether of calls. Undefined: as it is. */
  async setMail(mail: MailChoice | undefined, invitations: boolean | undefined, caller: Caller): Promise<void> {
    await this.#changeGeneral(
      (present) => ({
        ...present,
        mail: mail ?? present.mail,
        callInvitations: invitations ?? present.callInvitations,
      }),
      caller,
    )
  }

  /** Errors: NOT_A_MEMBER. */
  async setGroup(groupId: string, wanted: GroupPreference, caller: Caller): Promise<Preferences> {
    const { userId, signal } = caller
    await this.history.confirmRefusals(groupId, signal, () => {
      if (!this.audience.member(groupId, userId)) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    })
    await this.#changeGroup(groupId, wanted, caller)
    return this.#changed(userId)
  }

  /** Sets everything to the default: nothing is kept of a person whose account was deleted. */
  async forget(userId: string, caller: Caller): Promise<void> {
    await this.#changeGeneral(() => DEFAULT_GENERAL, caller)
    for (const groupId of this.store.load(userId).groups.keys())
      await this.#changeGroup(groupId, DEFAULT_PREFERENCE, caller)
  }

  #changeGeneral(wanted: (present: GeneralPreferences) => GeneralPreferences, caller: Caller): Promise<unknown> {
    const { userId } = caller
    return changeOwn(
      this.history,
      caller,
      notifySettingsSubject(userId),
      () => this.store.general(userId),
      (present) => changeGeneral(wanted(present), present),
    )
  }

  #changeGroup(groupId: string, wanted: GroupPreference, caller: Caller): Promise<unknown> {
    const { userId } = caller
    return changeOwn(
      this.history,
      caller,
      notifyGroupSubject(userId, groupId),
      () => this.store.group(userId, groupId),
      (present) => changeGroup(wanted, present),
    )
  }

  #changed(userId: string): Preferences {
    const preferences = this.of(userId)
    this.notices.changed(userId, preferences)
    return preferences
  }
}
