import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { InstallationSecret, provide, Views } from '@beseda/platform'
import { CallInvitations } from '../application/call-invitations.js'
import { InvitationLetters } from '../application/invitation-letters.js'
import { InvitationStore } from '../application/invitation-ports.js'
import { Correspondents, LetterQueue } from '../application/mail-ports.js'
import { Audience, NotificationMemory, PreferencesStore, ViewFreshness } from '../application/ports.js'
import { ReminderStore } from '../application/reminder-ports.js'
import { LetterConfig } from '../config.js'
import { SqliteInvitationStore } from './views/invitation-store.js'

/** What writes to people about scheduled calls, for a calendar. */
export const INVITATIONS = [
  provide(InvitationStore, [Projection], (projection) => new SqliteInvitationStore(projection)),
  provide(
    InvitationLetters,
    [
      ...([InvitationStore, ReminderStore, ViewFreshness, Audience, PreferencesStore] as const),
      ...([LetterQueue, InstallationSecret, LetterConfig] as const),
    ],
    (store, schedules, freshness, audience, preferences, queue, secret, { names }) =>
      new InvitationLetters(store, schedules, freshness, audience, preferences, queue, secret, names),
  ),
  provide(
    CallInvitations,
    [GroupHistory, InvitationStore, Correspondents, NotificationMemory, InvitationLetters, Views],
    (history, store, correspondents, memory, letters, { historyStreams }) =>
      new CallInvitations(history, store, correspondents, memory, letters, historyStreams),
  ),
]
