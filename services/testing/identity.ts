import { SerialQueue } from '@beseda/async'
import type { CommandDeps, MemoryEventStore } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { founderCodeOf, InstallationSecret } from '@beseda/platform'
import { IDENTITY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RegistrationRule } from '@beseda/proto/identity/v1/events'
import type { Letter } from '@beseda/proto/mail/v1/letter'
import type { Scheduler } from 'fast-check'
import { SqliteAccountReader } from '../identity/src/adapters/views/account-reader.js'
import { SqliteAccountStore, SqliteDeletionStore } from '../identity/src/adapters/views/account-store.js'
import { SqliteAdministratorStore } from '../identity/src/adapters/views/administrator-store.js'
import { SqliteBlockStore } from '../identity/src/adapters/views/block-store.js'
import { SqliteExternalStore, SqlitePasskeyStore } from '../identity/src/adapters/views/credential-stores.js'
import { directoryView } from '../identity/src/adapters/views/directory-view.js'
import { SqliteEmailStore } from '../identity/src/adapters/views/email-table.js'
import { SqliteRegistrationStore } from '../identity/src/adapters/views/registration-store.js'
import { AccountCommands } from '../identity/src/application/accounts/account-commands.js'
import { AccountQueries } from '../identity/src/application/accounts/account-queries.js'
import { CommandKeys } from '../identity/src/application/accounts/command-keys.js'
import { Registration } from '../identity/src/application/accounts/registration.js'
import { Administrators } from '../identity/src/application/administration/administrators.js'
import { Blocks } from '../identity/src/application/blocks/blocks.js'
import { Bots } from '../identity/src/application/bots/bots.js'
import { AccountLetters } from '../identity/src/application/email/account-letters.js'
import { Emails } from '../identity/src/application/email/emails.js'
import { Invitations, type Invited } from '../identity/src/application/email/invitations.js'
import { LetterCodes } from '../identity/src/application/email/letter-codes.js'
import { type Announced, Letters } from '../identity/src/application/email/letters.js'
import type { Asked, LetterSlots } from '../identity/src/application/email/ports.js'
import type { UsedFlows } from '../identity/src/application/passkeys/ports.js'
import { AccountInvites } from '../identity/src/application/registration/account-invites.js'
import { Admissions } from '../identity/src/application/registration/admissions.js'
import type { GroupInvites } from '../identity/src/application/registration/ports.js'
import { RegistrationRules } from '../identity/src/application/registration/registration-rules.js'
import { AppSecrets } from '../identity/src/application/second-factor/app-secrets.js'
import { SecondFactors, type SetUpFlow } from '../identity/src/application/second-factor/second-factors.js'
import { Passwords } from '../identity/src/application/sign-in/passwords.js'
import type { FailureStore, PasswordHashes } from '../identity/src/application/sign-in/ports.js'
import { Sealed } from '../identity/src/application/sign-in/sealed.js'
import { SignInThrottle } from '../identity/src/application/sign-in/sign-in-throttle.js'
import { CONFIRM_MS, MAIL_RESET_MS } from '../identity/src/domain/accounts/email.js'
import { CODE_WAITS, type Failures, LETTER_WAITS } from '../identity/src/domain/sign-in/throttle.js'
import { replica } from './scheduled.js'

export const IDENTITY_STREAMS = [IDENTITY_STREAM, PEOPLE_STREAM]
export const SECRET = InstallationSecret.of(Buffer.alloc(32, 1))
export const FOUNDER_CODE = founderCodeOf(SECRET)

export interface IdentityOptions {
  readonly scheduler?: Scheduler
  /** Whether the installation sends mail. */
  readonly mail?: boolean
  /** Names in ADMINS. */
  readonly listed?: readonly string[]
  /** REGISTRATION; `unset`: administrators decide. Default: everybody may register. */
  readonly rule?: RegistrationRule | 'unset'
  /** Codes of groups' invites, with how often each may be used (0: without limit). */
  readonly groupInvites?: Readonly<Record<string, number>>
  /** Administrators do nothing before they have a second factor. */
  readonly needsSecondFactor?: boolean
  /** Called when the counts of wrong passwords are read or written. */
  readonly onFailures?: (what: string) => void
  /** Instead of hashes that are the passwords themselves. */
  readonly hashes?: PasswordHashes
  /** What replicas share: marks of used codes and flows, and counts of wrong passwords and codes. */
  readonly shared?: Shared
}

/** The key-value bucket of an installation. */
export interface Shared {
  readonly used: UsedFlows
  readonly failures: FailureStore
}

export function sharedInMemory(onFailures: (what: string) => void = () => {}): Shared {
  const marks = new Map<string, string | undefined>()
  const used = {
    use: async (id: string, by?: string) => {
      if (!marks.has(id)) return marks.set(id, by) === marks
      return by !== undefined && by !== '' && marks.get(id) === by
    },
  }
  return { used, failures: failuresInMemory(onFailures) }
}

/** The application of identity on a log, with a view of its own. Passwords are not hashed, so that thousands can be tried. */
export async function identityOn(store: MemoryEventStore, options: IdentityOptions = {}) {
  const { scheduler, listed = [], needsSecondFactor = false, onFailures = () => {}, hashes = PLAIN } = options
  const { rule = RegistrationRule.OPEN, groupInvites = {}, mail = true } = options
  const { history, projection, stop } = await replica(store, IDENTITY_STREAMS, directoryView, scheduler)
  const { deps } = history
  const keys = new CommandKeys(SECRET)
  const [accountStore, reader] = [new SqliteAccountStore(projection), new SqliteAccountReader(projection)]
  const queries = new AccountQueries(deps.store, projection, reader)
  const profiles: string[] = []
  const codes = new LetterCodes(SECRET)
  const queued = new Map<string, Letter>()
  const queue = { add: async (letter: Letter) => void (queued.has(letter.id) || queued.set(letter.id, letter)) }
  const left = new Sealed<Asked>(SECRET, 'address that was left', CONFIRM_MS)
  const accountLetters = new AccountLetters(codes, queue, left, mail, (error) => {
    throw error
  })
  const commands = new AccountCommands(
    deps,
    accountStore,
    queries,
    keys,
    { require: async () => {} },
    {
      changed: ({ displayName }) => void profiles.push(displayName),
      gone: (id) => void profiles.push(`${id} is gone`),
    },
    accountLetters,
  )
  const { used, failures } = options.shared ?? sharedInMemory(onFailures)
  const throttle = new SignInThrottle(failures, SECRET)
  const passwords = new Passwords(queries, reader, commands, hashes, throttle, accountLetters)
  const idleNames: string[] = []
  const external = new SqliteExternalStore(projection)
  const administrators = new Administrators(
    deps,
    keys,
    new SqliteAdministratorStore(projection),
    queries,
    reader,
    external,
    listed,
    (name) => idleNames.push(name),
    needsSecondFactor,
  )
  const codeThrottle = new SignInThrottle(failures, SECRET, CODE_WAITS, 'code.')
  const setUps = new Sealed<SetUpFlow>(SECRET, 'second factor')
  const appSecrets = new AppSecrets(SECRET)
  const secondFactors = new SecondFactors(
    queries,
    reader,
    commands,
    appSecrets,
    used,
    codeThrottle,
    setUps,
    SECRET,
    'chat.example.org',
  )
  const registrations = new SqliteRegistrationStore(projection)
  const inviters = new Map<string, string>()
  const groups = groupsOf(groupInvites, inviters)
  const invites = new AccountInvites(deps, registrations, keys, SECRET, groups, administrators)
  const configured = rule === 'unset' ? undefined : rule
  const rules = new RegistrationRules(deps, registrations, keys, queries, administrators, configured)
  const admissions = new Admissions(queries, reader, administrators, rules, invites, FOUNDER_CODE, undefined)
  const registered: string[] = []
  const registration = new Registration(deps, accountStore, queries, commands, keys, passwords, admissions, (userId) =>
    registered.push(userId),
  )
  const ended: string[] = []
  const sessions = { end: async (_: string, ids: readonly string[]) => void ended.push(...ids) }
  const emailStore = new SqliteEmailStore(projection)
  const sealed = new Sealed<Asked>(SECRET, 'address for a letter', MAIL_RESET_MS)
  const devices = new Sealed<Announced>(SECRET, 'device in a letter', CONFIRM_MS)
  const letterThrottle = new SignInThrottle(failures, SECRET, LETTER_WAITS, 'letter.')
  const emails = new Emails(
    deps,
    emailStore,
    queries,
    reader,
    commands,
    codes,
    queue,
    accountLetters,
    letterThrottle,
    mail,
  )
  const taken = new Map<string, string>()
  const slots: LetterSlots = {
    take: async (slot, letterId) => (taken.has(slot) || taken.set(slot, letterId)) && taken.get(slot) === letterId,
  }
  const invitations = new Invitations(
    ...([queries, administrators, rules, invites, groups, codes] as const),
    ...([new Sealed<Invited>(SECRET, 'invitation', CONFIRM_MS), slots, failures, queue, mail] as const),
  )
  const blockNotices: [userId: string, otherId: string, blocked: boolean][] = []
  return {
    deps: deps as CommandDeps,
    projection,
    reader,
    queries,
    commands,
    passwords,
    secondFactors,
    used,
    registration,
    deletions: new SqliteDeletionStore(projection),
    external,
    emailStore,
    emails,
    letters: new Letters(emails, queries, commands, codes, sealed, devices, left, queue),
    accountLetters,
    invitations,
    /** Who has made an invite of a group, by its code. */
    inviters,
    codes,
    /** Letters that were queued, each once. */
    queued,
    passkeys: new SqlitePasskeyStore(projection),
    blocks: new Blocks(
      deps,
      new SqliteBlockStore(projection),
      keys,
      { changed: (userId, otherId, blocked) => void blockNotices.push([userId, otherId, blocked]) },
      reader,
    ),
    bots: new Bots(queries, reader, commands, registration, sessions, keys, SECRET, new SerialQueue()),
    administrators,
    invites,
    rules,
    admissions,
    /** New names of people, and ids of deleted accounts, of which those who see them were told. */
    profiles,
    /** What the devices of people were told about whom they block. */
    blockNotices,
    /** Accounts that were counted as registered. */
    registered,
    /** Sessions that bots have ended. */
    ended,
    /** Names in ADMINS that were reported to make nobody an administrator. */
    idleNames,
    stop,
  }
}

/** A code is the id of its invite. */
const groupsOf = (limits: Readonly<Record<string, number>>, inviters: ReadonlyMap<string, string>): GroupInvites => ({
  find: async (code) => {
    const maxUses = limits[code]
    if (maxUses === undefined) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
    return { inviteId: code, maxUses, groupName: 'Chess', createdBy: inviters.get(code) ?? '' }
  },
})

export const PLAIN: PasswordHashes = {
  hash: async (password) => `plain ${password}`,
  verify: async (stored, password) => stored === `plain ${password}`,
}

function failuresInMemory(onFailures: (what: string) => void): FailureStore {
  const kept = new Map<string, Failures>()
  return {
    get: async (key) => {
      onFailures('get failures')
      const failures = kept.get(key)
      return failures && { failures, revision: 1 }
    },
    put: async (key, failures) => {
      onFailures('put failures')
      return kept.set(key, failures) === kept
    },
    delete: async (key) => void kept.delete(key),
  }
}
