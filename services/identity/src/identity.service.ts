import { SerialQueue, type StoredCommit } from '@beseda/event-log'
import { InstallationSecret, type Platform, type ServiceDefinition, TokenSigner } from '@beseda/platform'
import { IDENTITY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { uploadedPictures } from './adapters/pictures.js'
import { FailureBucket, SessionBucket } from './adapters/sessions.js'
import { Accounts } from './application/accounts.js'
import { Blocks } from './application/blocks.js'
import { Bots } from './application/bots.js'
import { Departures } from './application/departures.js'
import { RefreshTokens } from './application/refresh-token.js'
import { Sessions } from './application/sessions.js'
import { SignInThrottle } from './application/sign-in-throttle.js'
import { IdentityEvents } from './events.js'
import { IdentityController } from './identity.controller.js'
import { directoryView } from './projections/directory.js'
import { Directory } from './projections/directory-search.js'

@Module({})
class IdentityModule {}

/** Wires the service. */
export const identityService: ServiceDefinition = {
  name: 'identity',
  async module(platform: Platform) {
    const { store, nats, rpc, config } = platform
    const signer = await TokenSigner.read(config.signingKeyFile)
    const secret = InstallationSecret.read(config.secretFile)
    const refreshTokens = new RefreshTokens(secret)
    const projection = platform.project(directoryView, [IDENTITY_STREAM, PEOPLE_STREAM])
    const deps = { store, projection, queue: new SerialQueue() }
    const accounts = new Accounts(deps, new SignInThrottle(await FailureBucket.open(nats)), uploadedPictures(rpc))
    const sessions = new Sessions(await SessionBucket.open(nats), refreshTokens, signer, nats)
    const departures = new Departures(deps, accounts, sessions)
    const isDeletion = ({ commit }: StoredCommit) => commit.events.some(({ body }) => body.case === 'accountDeleted')
    platform.inBackground('departures', projection, isDeletion, () => departures.round(new Date()))
    return {
      module: IdentityModule,
      controllers: [IdentityController],
      providers: [
        { provide: TokenSigner, useValue: signer },
        { provide: Accounts, useValue: accounts },
        { provide: Sessions, useValue: sessions },
        { provide: Bots, useValue: new Bots(accounts, projection, secret) },
        { provide: Blocks, useValue: new Blocks(deps) },
        { provide: Directory, useValue: new Directory(projection) },
        { provide: IdentityEvents, useValue: new IdentityEvents(platform) },
      ],
    }
  },
}
