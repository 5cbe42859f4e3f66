import { SerialQueue } from '@beseda/async'
import { type CommandDeps, Projection } from '@beseda/event-log'
import {
  Background,
  ENVIRONMENT,
  EVENT_STORE,
  Figures,
  founderCodeOf,
  InstallationSecret,
  LOGGER,
  provide,
  provideClass,
  SecretModule,
  type ServiceModule,
  SigningModule,
  token,
  Views,
} from '@beseda/platform'
import { IDENTITY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { Registry } from 'prom-client'
import { ADAPTERS, WEB_AUTHN } from './adapters/bindings.js'
import { AdminController } from './adapters/rpc/admin.controller.js'
import { BotsController } from './adapters/rpc/bots.controller.js'
import { CredentialsController } from './adapters/rpc/credentials.controller.js'
import { DeviceKeysController } from './adapters/rpc/device-keys.controller.js'
import { EmailController } from './adapters/rpc/email.controller.js'
import { IdentityController } from './adapters/rpc/identity.controller.js'
import { PrivacyController } from './adapters/rpc/privacy.controller.js'
import { RegistrationController } from './adapters/rpc/registration.controller.js'
import { SecondFactorController } from './adapters/rpc/second-factor.controller.js'
import { directoryView } from './adapters/views/directory-view.js'
import { AccountCommands } from './application/accounts/account-commands.js'
import { AccountQueries } from './application/accounts/account-queries.js'
import { CommandKeys } from './application/accounts/command-keys.js'
import { Departures } from './application/accounts/departures.js'
import {
  AccountReader,
  AccountStore,
  DeletionStore,
  DirectorySearch,
  Pictures,
  ProfileNotices,
} from './application/accounts/ports.js'
import { Registration } from './application/accounts/registration.js'
import { Administration } from './application/administration/administration.js'
import { Administrators } from './application/administration/administrators.js'
import { AdministratorStore, ProcessStatuses } from './application/administration/ports.js'
import { BlockNotices, BlockStore, Blocks } from './application/blocks/blocks.js'
import { Bots } from './application/bots/bots.js'
import { DeviceKeys } from './application/device-keys/device-keys.js'
import { DeviceKeyStore, Signatures } from './application/device-keys/ports.js'
import { SessionEnds } from './application/device-keys/session-ends.js'
import { AccountLetters } from './application/email/account-letters.js'
import { Emails } from './application/email/emails.js'
import { Invitations, type Invited } from './application/email/invitations.js'
import { LetterCodes } from './application/email/letter-codes.js'
import { type Announced, Letters } from './application/email/letters.js'
import { NewDevices } from './application/email/new-devices.js'
import { type Asked, EmailStore, KnownDevices, LetterQueue, LetterSlots } from './application/email/ports.js'
import { ExternalIdentities, type OidcFlow } from './application/external/external-identities.js'
import { ExternalStore, OidcProviders } from './application/external/ports.js'
import { type PasskeyFlow, Passkeys } from './application/passkeys/passkeys.js'
import { PasskeyStore, UsedFlows } from './application/passkeys/ports.js'
import { Privacy } from './application/privacy/privacy.js'
import { AccountInvites } from './application/registration/account-invites.js'
import { Admissions } from './application/registration/admissions.js'
import { GroupInvites, RegistrationStore } from './application/registration/ports.js'
import { RegistrationRules } from './application/registration/registration-rules.js'
import { AppSecrets } from './application/second-factor/app-secrets.js'
import { SecondFactors, type SetUpFlow } from './application/second-factor/second-factors.js'
import { AccessTokens, SessionNotices, SessionStore } from './application/sessions/ports.js'
import { RefreshTokens } from './application/sessions/refresh-token.js'
import { Sessions } from './application/sessions/sessions.js'
import { DeviceProofs } from './application/sign-in/device-proofs.js'
import { Passwords } from './application/sign-in/passwords.js'
import { FailureStore, PasswordHashes } from './application/sign-in/ports.js'
import { Sealed } from './application/sign-in/sealed.js'
import { SignInThrottle } from './application/sign-in/sign-in-throttle.js'
import { type Challenge, SignIns } from './application/sign-in/sign-ins.js'
import { IDENTITY_CONFIG, readIdentityConfig } from './config.js'
import { CONFIRM_MS, MAIL_RESET_MS } from './domain/accounts/email.js'
import { CODE_WAITS, LETTER_WAITS } from './domain/sign-in/throttle.js'
import { IdentityEvents } from './events.js'

const COMMAND_DEPS = token<CommandDeps>('CommandDeps')

const addressesLeft = (secret: InstallationSecret) => new Sealed<Asked>(secret, 'address that was left', CONFIRM_MS)

const APPLICATION = [
  provide(Projection, [Views], (views) => views.open(directoryView, [IDENTITY_STREAM, PEOPLE_STREAM])),
  provide(COMMAND_DEPS, [EVENT_STORE, Projection], (store, projection) => ({
    store,
    projection,
    queue: new SerialQueue(),
  })),
  provideClass(IdentityEvents, [LOGGER, Registry]),
  provideClass(CommandKeys, [InstallationSecret]),
  provideClass(AccountQueries, [EVENT_STORE, Projection, AccountReader]),
  provideClass(LetterCodes, [InstallationSecret]),
  provide(
    AccountLetters,
    [LetterCodes, LetterQueue, InstallationSecret, IDENTITY_CONFIG, IdentityEvents],
    (codes, queue, secret, { mail }, events) =>
      new AccountLetters(codes, queue, addressesLeft(secret), mail, (error) => events.letterNotQueued(error)),
  ),
  provideClass(AccountCommands, [
    COMMAND_DEPS,
    AccountStore,
    AccountQueries,
    CommandKeys,
    Pictures,
    ProfileNotices,
    AccountLetters,
  ]),
  provideClass(SignInThrottle, [FailureStore, InstallationSecret]),
  provideClass(Passwords, [
    AccountQueries,
    AccountReader,
    AccountCommands,
    PasswordHashes,
    SignInThrottle,
    AccountLetters,
  ]),
  provideClass(AccountInvites, [
    COMMAND_DEPS,
    RegistrationStore,
    CommandKeys,
    InstallationSecret,
    GroupInvites,
    Administrators,
  ]),
  provide(
    RegistrationRules,
    [COMMAND_DEPS, RegistrationStore, CommandKeys, AccountQueries, Administrators, IDENTITY_CONFIG],
    (deps, store, keys, accounts, administrators, { registration }) =>
      new RegistrationRules(deps, store, keys, accounts, administrators, registration),
  ),
  provide(
    Admissions,
    [
      AccountQueries,
      AccountReader,
      Administrators,
      RegistrationRules,
      AccountInvites,
      InstallationSecret,
      IDENTITY_CONFIG,
    ],
    (accounts, reader, administrators, rules, invites, secret, { publicUrl }) =>
      new Admissions(accounts, reader, administrators, rules, invites, founderCodeOf(secret), publicUrl),
  ),
  provide(
    Registration,
    [COMMAND_DEPS, AccountStore, AccountQueries, AccountCommands, CommandKeys, Passwords, Admissions, IdentityEvents],
    (deps, store, accounts, commands, keys, passwords, admissions, events) =>
      new Registration(deps, store, accounts, commands, keys, passwords, admissions, (userId) =>
        events.registered(userId),
      ),
  ),
  provideClass(RefreshTokens, [InstallationSecret]),
  provideClass(DeviceProofs, [InstallationSecret]),
  provideClass(DeviceKeys, [AccountQueries, AccountCommands, DeviceKeyStore, Signatures]),
  provide(
    Sessions,
    [SessionStore, RefreshTokens, AccessTokens, SessionNotices, DeviceKeys, IdentityEvents, DeviceProofs],
    (store, refresh, access, notices, keys, events, proofs) => {
      const failed = (error: unknown) => events.keysLeft(error)
      return new Sessions(store, refresh, access, new SessionEnds(notices, keys, () => new Date(), failed), proofs)
    },
  ),
  provide(
    SignIns,
    [
      AccountQueries,
      Sessions,
      Administrators,
      NewDevices,
      SecondFactors,
      ExternalStore,
      UsedFlows,
      InstallationSecret,
      IdentityEvents,
    ],
    (accounts, sessions, administrators, devices, factors, external, used, secret, events) => {
      const challenges = new Sealed<Challenge>(secret, 'second step')
      const signedIn = (userId: string) => events.signedIn(userId)
      return new SignIns(
        accounts,
        sessions,
        administrators,
        devices,
        factors,
        external,
        challenges,
        used,
        secret,
        signedIn,
      )
    },
  ),
  provideClass(AppSecrets, [InstallationSecret]),
  provide(
    SecondFactors,
    [
      AccountQueries,
      AccountReader,
      AccountCommands,
      AppSecrets,
      UsedFlows,
      FailureStore,
      InstallationSecret,
      IDENTITY_CONFIG,
    ],
    (accounts, reader, commands, secrets, used, failures, secret, { publicUrl }) => {
      const throttle = new SignInThrottle(failures, secret, CODE_WAITS, 'code.')
      const flows = new Sealed<SetUpFlow>(secret, 'second factor')
      const host = publicUrl ? new URL(publicUrl).host : ''
      return new SecondFactors(accounts, reader, commands, secrets, used, throttle, flows, secret, host)
    },
  ),
  provideClass(Departures, [
    COMMAND_DEPS,
    DeletionStore,
    AccountReader,
    ExternalStore,
    EmailStore,
    AccountCommands,
    Sessions,
  ]),
  provide(
    Emails,
    [
      COMMAND_DEPS,
      EmailStore,
      AccountQueries,
      AccountReader,
      AccountCommands,
      LetterCodes,
      LetterQueue,
      AccountLetters,
      FailureStore,
      InstallationSecret,
      IDENTITY_CONFIG,
    ],
    (deps, store, accounts, reader, commands, codes, queue, letters, failures, secret, { mail }) => {
      const throttle = new SignInThrottle(failures, secret, LETTER_WAITS, 'letter.')
      return new Emails(deps, store, accounts, reader, commands, codes, queue, letters, throttle, mail)
    },
  ),
  provide(
    Letters,
    [Emails, AccountQueries, AccountCommands, LetterCodes, InstallationSecret, LetterQueue],
    (emails, accounts, commands, codes, secret, queue) => {
      const sealed = new Sealed<Asked>(secret, 'address for a letter', MAIL_RESET_MS)
      const devices = new Sealed<Announced>(secret, 'device in a letter', CONFIRM_MS)
      return new Letters(emails, accounts, commands, codes, sealed, devices, addressesLeft(secret), queue)
    },
  ),
  provide(
    Invitations,
    [
      ...([AccountQueries, Administrators, RegistrationRules, AccountInvites, GroupInvites, LetterCodes] as const),
      ...([InstallationSecret, LetterSlots, FailureStore, LetterQueue, IDENTITY_CONFIG] as const),
    ],
    (accounts, administrators, rules, invites, groups, codes, secret, slots, counts, queue, { mail }) => {
      const sealed = new Sealed<Invited>(secret, 'invitation', CONFIRM_MS)
      const deps = [
        accounts,
        administrators,
        rules,
        invites,
        groups,
        codes,
        sealed,
        slots,
        counts,
        queue,
        mail,
      ] as const
      return new Invitations(...deps)
    },
  ),
  provide(
    NewDevices,
    [KnownDevices, Sessions, Letters, IdentityEvents],
    (known, sessions, letters, events) =>
      new NewDevices(known, sessions, letters, (error) => events.letterNotQueued(error)),
  ),
  provideClass(Privacy, [COMMAND_DEPS]),
  provideClass(Blocks, [COMMAND_DEPS, BlockStore, CommandKeys, BlockNotices, AccountReader]),
  provide(
    Bots,
    [AccountQueries, AccountReader, AccountCommands, Registration, Sessions, CommandKeys, InstallationSecret],
    (...parts) => new Bots(...parts, new SerialQueue()),
  ),
  provide(
    Administrators,
    [
      COMMAND_DEPS,
      CommandKeys,
      AdministratorStore,
      AccountQueries,
      AccountReader,
      ExternalStore,
      IDENTITY_CONFIG,
      IdentityEvents,
    ],
    (deps, keys, store, accounts, reader, external, config, events) =>
      new Administrators(
        ...([deps, keys, store, accounts, reader, external, config.administrators] as const),
        (username) => events.idleAdministratorName(username),
        config.adminSecondFactor,
      ),
  ),
  provideClass(Administration, [
    Administrators,
    AccountQueries,
    AccountReader,
    AccountCommands,
    Passwords,
    Sessions,
    DirectorySearch,
    ProcessStatuses,
    InstallationSecret,
  ]),
  provide(
    ExternalIdentities,
    [
      COMMAND_DEPS,
      ExternalStore,
      AccountQueries,
      AccountCommands,
      Registration,
      OidcProviders,
      AccountLetters,
      InstallationSecret,
      IdentityEvents,
    ],
    (deps, store, accounts, commands, registration, providers, letters, secret, events) => {
      const flows = new Sealed<OidcFlow>(secret, 'oidc')
      const failed = (error: unknown) => events.proofFailed(error)
      return new ExternalIdentities(deps, store, accounts, commands, registration, providers, letters, flows, failed)
    },
  ),
  provide(
    Passkeys,
    [AccountQueries, AccountCommands, PasskeyStore, WEB_AUTHN, InstallationSecret, UsedFlows, IdentityEvents],
    (accounts, commands, store, webAuthn, secret, used, events) => {
      const flows = new Sealed<PasskeyFlow>(secret, 'passkey')
      return new Passkeys(accounts, commands, store, webAuthn, flows, used, (error) => events.proofFailed(error))
    },
  ),
]

@Module({
  imports: [SecretModule, SigningModule],
  controllers: [
    IdentityController,
    CredentialsController,
    DeviceKeysController,
    PrivacyController,
    SecondFactorController,
    BotsController,
    AdminController,
    RegistrationController,
    EmailController,
  ],
  providers: [provide(IDENTITY_CONFIG, [ENVIRONMENT], readIdentityConfig), ...ADAPTERS, ...APPLICATION],
})
export class IdentityModule {
  constructor(
    background: Background,
    figures: Figures,
    projection: Projection,
    departures: Departures,
    administrators: Administrators,
    external: ExternalIdentities,
    reader: AccountReader,
    admissions: Admissions,
    blocks: Blocks,
    events: IdentityEvents,
  ) {
    figures.set('people', () => reader.peopleCount())
    const settleDeletions = () => departures.round(new Date())
    background.follow('departures', projection, settleDeletions, (commit) => departures.concerns(commit))
    const blockBots = () => blocks.round(new Date())
    background.follow('bots of blocked people', projection, blockBots, (commit) => blocks.concerns(commit))
    background.follow('administrators', projection, () => administrators.settle(new Date()))
    void projection.ready.then(() => {
      const address = admissions.founderAddress()
      if (address) events.founderWanted(address)
    })
    background.follow('unlinked providers', projection, () => external.release(new Date()))
  }
}

export const identityService: ServiceModule = { name: 'identity', module: IdentityModule }
