import { SerialQueue } from '@beseda/event-log'
import { InstallationSecret, type Platform, type ServiceDefinition } from '@beseda/platform'
import { Module } from '@nestjs/common'
import { Invites } from './application/invites.js'
import { Questions } from './application/questions.js'
import { Rosters } from './application/rosters.js'
import { MembershipEvents } from './events.js'
import { MembershipController } from './membership.controller.js'
import { rostersView } from './projections/rosters.js'

@Module({})
class MembershipModule {}

/** Wires the service. */
export const membershipService: ServiceDefinition = {
  name: 'membership',
  module(platform: Platform) {
    const { store, rpc, config } = platform
    const streams = platform.historyStreams()
    const deps = { store, projection: platform.project(rostersView, streams), queue: new SerialQueue() }
    const rosters = new Rosters(deps, config.partitionCount)
    const secret = InstallationSecret.read(config.secretFile)
    return {
      module: MembershipModule,
      controllers: [MembershipController],
      providers: [
        { provide: Rosters, useValue: rosters },
        { provide: Invites, useValue: new Invites(deps, rosters, secret, streams) },
        { provide: Questions, useValue: new Questions(deps, rosters, rpc, streams) },
        { provide: MembershipEvents, useValue: new MembershipEvents(platform) },
      ],
    }
  },
}
