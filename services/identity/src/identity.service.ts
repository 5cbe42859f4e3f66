import { SerialQueue } from '@beseda/async'
import { type StoredCommit } from '@beseda/event-log'
import { InstallationSecret, type Platform, type ServiceDefinition, TokenSigner } from '@beseda/platform'
import { IDENTITY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { readOidcProviders } from './adapters/oidc.js'
import { uploadedPictures } from './adapters/pictures.js'
import { FailureBucket, SessionBucket } from './adapters/sessions.js'
import { openUsedFlows } from './adapters/used-flows.js'
import { AdminController } from './admin.controller.js'
import { Accounts } from './application/accounts.js'
import { Administration } from './application/administration.js'
import { Administrators, listedNames } from './application/administrators.js'
import { Blocks } from './application/blocks.js'
import { Bots } from './application/bots.js'
import { CommandKeys } from './application/command-keys.js'
import { Departures } from './application/departures.js'
import { ExternalIdentities, type OidcFlow } from './application/external-identities.js'
import { type PasskeyFlow, Passkeys, relyingPartyOf } from './application/passkeys.js'
import { RefreshTokens } from './application/refresh-token.js'
import { Sealed } from './application/sealed.js'
import { Sessions } from './application/sessions.js'
import { SignInThrottle } from './application/sign-in-throttle.js'
import { SignIns } from './application/sign-ins.js'
import { CredentialsController } from './credentials.controller.js'
import { IdentityEvents } from './events.js'
import { IdentityController } from './identity.controller.js'
import { directoryView } from './projections/directory.js'
import { Directory } from './projections/directory-search.js'
import { peopleCount } from './projections/queries.js'

@Module({})
class IdentityModule {}

/** Wires the service. */
export const identityService: ServiceDefinition = {
  name: 'identity',
  async module(platform: Platform) {
    const { store, nats, rpc, config } = platform
    const signer = await TokenSigner.read(config.signingKeyFile)
    const secret = InstallationSecret.read(config.secretFile)
    const keys = new CommandKeys(secret)
    const refreshTokens = new RefreshTokens(secret)
    const projection = platform.project(directoryView, [IDENTITY_STREAM, PEOPLE_STREAM])
    const deps = { store, projection, queue: new SerialQueue() }
    const throttle = new SignInThrottle(await FailureBucket.open(nats), secret)
    const accounts = new Accounts(deps, keys, throttle, uploadedPictures(rpc))
    const sessions = new Sessions(await SessionBucket.open(nats), refreshTokens, signer, nats)
    const departures = new Departures(deps, accounts, sessions)
    const isDeletion = ({ commit }: StoredCommit) => commit.events.some(({ body }) => body.case === 'accountDeleted')
    platform.inBackground('departures', projection, isDeletion, () => departures.round(new Date()))
    const events = new IdentityEvents(platform)
    const publicUrl = process.env.PUBLIC_URL || undefined
    const failed = (error: unknown) => platform.logger.warn({ err: error }, 'sign-in')
    const providers = readOidcProviders(publicUrl)
    const oidcFlows = new Sealed<OidcFlow>(secret, 'oidc')
    const external = new ExternalIdentities(deps, accounts, providers, oidcFlows, failed)
    const passkeys = new Passkeys(
      accounts,
      projection,
      relyingPartyOf(publicUrl),
      new Sealed<PasskeyFlow>(secret, 'passkey'),
      await openUsedFlows(nats),
      failed,
    )
    const directory = new Directory(projection)
    const administrators = new Administrators(deps, keys, accounts, listedNames(), (username) =>
      platform.logger.warn({ username }, 'ADMINS names somebody who was not there before: tools/admin appoint'),
    )
    platform.inBackground(
      'administrators',
      projection,
      () => false,
      () => administrators.settle(new Date()),
    )
    platform.inBackground(
      'providers given up',
      projection,
      () => false,
      () => external.release(new Date()),
    )
    platform.figures.set('people', () => peopleCount(projection.view))
    const administration = new Administration(accounts, sessions, directory, projection, nats, administrators, secret)
    const signIns = new SignIns(sessions, administrators, (userId) => events.signedIn(userId))
    return {
      module: IdentityModule,
      controllers: [IdentityController, CredentialsController, AdminController],
      providers: [
        { provide: TokenSigner, useValue: signer },
        { provide: Accounts, useValue: accounts },
        { provide: Sessions, useValue: sessions },
        { provide: Bots, useValue: new Bots(accounts, sessions, projection, keys, secret) },
        { provide: Blocks, useValue: new Blocks(deps, keys) },
        { provide: Directory, useValue: directory },
        { provide: Administration, useValue: administration },
        { provide: Administrators, useValue: administrators },
        { provide: IdentityEvents, useValue: events },
        { provide: SignIns, useValue: signIns },
        { provide: ExternalIdentities, useValue: external },
        { provide: Passkeys, useValue: passkeys },
      ],
    }
  },
}
