import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { ENVIRONMENT, InstallationSecret, MailQueue, NATS, provide, provideClass, TRANSPORT } from '@beseda/platform'
import { Correspondents, LetterQueue, MissedStore } from '../application/mail-ports.js'
import { MissedLetters } from '../application/missed-letters.js'
import { MissedMail } from '../application/missed-mail.js'
import { MissedQueries } from '../application/missed-queries.js'
import { NotificationPreferences } from '../application/notification-preferences.js'
import { Audience, People, PreferencesStore, ViewFreshness } from '../application/ports.js'
import { Unsubscribing } from '../application/unsubscribing.js'
import { LetterConfig, readLetterConfig } from '../config.js'
import { correspondentsOf } from './correspondents.js'
import { SqliteMissedStore } from './views/missed-store.js'

/** What writes to people about what they have missed. */
export const MISSED = [
  provide(LetterConfig, [ENVIRONMENT], readLetterConfig),
  provide(MissedStore, [Projection], (projection) => new SqliteMissedStore(projection)),
  provide(LetterQueue, [NATS], (nats) => new MailQueue(nats)),
  provide(Correspondents, [TRANSPORT], correspondentsOf),
  provide(
    MissedMail,
    [GroupHistory, ViewFreshness, Audience, PreferencesStore, MissedStore, People, Correspondents, LetterConfig],
    (history, freshness, audience, preferences, store, people, correspondents, { available }) =>
      new MissedMail(history, freshness, audience, preferences, store, people, correspondents, available),
  ),
  provideClass(MissedLetters, [
    ...([GroupHistory, MissedStore, PreferencesStore, People, MissedMail, LetterQueue, InstallationSecret] as const),
  ]),
  provide(
    MissedQueries,
    [Audience, PreferencesStore, People, Correspondents, LetterConfig],
    (audience, preferences, people, correspondents, { names }) =>
      new MissedQueries(audience, preferences, people, correspondents, names),
  ),
  provideClass(Unsubscribing, [InstallationSecret, NotificationPreferences]),
]
