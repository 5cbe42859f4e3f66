import { SerialQueue } from '@beseda/event-log'
import { InstallationSecret, type Platform, type ServiceDefinition, TokenSigner } from '@beseda/platform'
import { IDENTITY_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { SessionBucket } from './adapters/sessions.js'
import { Accounts } from './application/accounts.js'
import { RefreshTokens } from './application/refresh-token.js'
import { Sessions } from './application/sessions.js'
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
    const { store, nats, config } = platform
    const signer = await TokenSigner.read(config.signingKeyFile)
    const refreshTokens = new RefreshTokens(InstallationSecret.read(config.secretFile))
    const projection = platform.project(directoryView, [IDENTITY_STREAM])
    const bucket = await SessionBucket.open(nats)
    return {
      module: IdentityModule,
      controllers: [IdentityController],
      providers: [
        { provide: TokenSigner, useValue: signer },
        { provide: Accounts, useValue: new Accounts({ store, projection, queue: new SerialQueue() }) },
        { provide: Sessions, useValue: new Sessions(bucket, refreshTokens, signer, nats) },
        { provide: Directory, useValue: new Directory(projection) },
        { provide: IdentityEvents, useValue: new IdentityEvents(platform) },
      ],
    }
  },
}
