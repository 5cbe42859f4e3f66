import { SerialQueue } from '@beseda/async'
import { type CommandDeps, Projection } from '@beseda/event-log'
import {
  Background,
  ENVIRONMENT,
  EVENT_STORE,
  Figures,
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
import { IdentityController } from './adapters/rpc/identity.controller.js'
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
import { ExternalIdentities, type OidcFlow } from './application/external/external-identities.js'
import { ExternalStore, OidcProviders } from './application/external/ports.js'
import { type PasskeyFlow, Passkeys } from './application/passkeys/passkeys.js'
import { PasskeyStore, UsedFlows } from './application/passkeys/ports.js'
import { AccessTokens, SessionNotices, SessionStore } from './application/sessions/ports.js'
import { RefreshTokens } from './application/sessions/refresh-token.js'
import { Sessions } from './application/sessions/sessions.js'
import { Passwords } from './application/sign-in/passwords.js'
import { FailureStore, PasswordHashes } from './application/sign-in/ports.js'
import { Sealed } from './application/sign-in/sealed.js'
import { SignInThrottle } from './application/sign-in/sign-in-throttle.js'
import { SignIns } from './application/sign-in/sign-ins.js'
import { IDENTITY_CONFIG, readIdentityConfig } from './config.js'
import { IdentityEvents } from './events.js'

const COMMAND_DEPS = token<CommandDeps>('CommandDeps')

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
  provideClass(AccountCommands, [COMMAND_DEPS, AccountStore, AccountQueries, CommandKeys, Pictures, ProfileNotices]),
  provideClass(SignInThrottle, [FailureStore, InstallationSecret]),
  provideClass(Passwords, [AccountQueries, AccountReader, AccountCommands, PasswordHashes, SignInThrottle]),
  provide(
    Registration,
    [COMMAND_DEPS, AccountStore, AccountQueries, AccountCommands, CommandKeys, Passwords, IdentityEvents],
    (deps, store, accounts, commands, keys, passwords, events) =>
      new Registration(deps, store, accounts, commands, keys, passwords, (userId) => events.registered(userId)),
  ),
  provideClass(RefreshTokens, [InstallationSecret]),
  provideClass(Sessions, [SessionStore, RefreshTokens, AccessTokens, SessionNotices]),
  provide(
    SignIns,
    [AccountQueries, Sessions, Administrators, IdentityEvents],
    (accounts, sessions, administrators, events) => {
      return new SignIns(accounts, sessions, administrators, (userId) => events.signedIn(userId))
    },
  ),
  provideClass(Departures, [COMMAND_DEPS, DeletionStore, AccountReader, ExternalStore, AccountCommands, Sessions]),
  provideClass(Blocks, [COMMAND_DEPS, BlockStore, CommandKeys, BlockNotices]),
  provide(
    Bots,
    [AccountQueries, AccountReader, AccountCommands, Registration, Sessions, CommandKeys, InstallationSecret],
    (...parts) => new Bots(...parts, new SerialQueue()),
  ),
  provide(
    Administrators,
    [COMMAND_DEPS, CommandKeys, AdministratorStore, AccountQueries, AccountReader, IDENTITY_CONFIG, IdentityEvents],
    (deps, keys, store, accounts, reader, config, events) =>
      new Administrators(deps, keys, store, accounts, reader, config.administrators, (username) =>
        events.idleAdministratorName(username),
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
      InstallationSecret,
      IdentityEvents,
    ],
    (deps, store, accounts, commands, registration, providers, secret, events) => {
      const flows = new Sealed<OidcFlow>(secret, 'oidc')
      const failed = (error: unknown) => events.proofFailed(error)
      return new ExternalIdentities(deps, store, accounts, commands, registration, providers, flows, failed)
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
  controllers: [IdentityController, CredentialsController, BotsController, AdminController],
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
  ) {
    figures.set('people', () => reader.peopleCount())
    const settleDeletions = () => departures.round(new Date())
    background.follow('departures', projection, settleDeletions, (commit) => departures.concerns(commit))
    background.follow('administrators', projection, () => administrators.settle(new Date()))
    background.follow('unlinked providers', projection, () => external.release(new Date()))
  }
}

export const identityService: ServiceModule = { name: 'identity', module: IdentityModule }
