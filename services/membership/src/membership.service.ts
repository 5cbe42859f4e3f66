import { SerialQueue } from '@beseda/async'
import { GroupHistory } from '@beseda/history'
import { InstallationSecret, type Platform, type ServiceDefinition } from '@beseda/platform'
import { PEOPLE_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { Departures } from './application/departures.js'
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
    const projection = platform.project(rostersView, [...streams, PEOPLE_STREAM])
    const history = new GroupHistory({ store, projection, queue: new SerialQueue() }, config.partitionCount)
    const rosters = new Rosters(history)
    const departures = new Departures(history, rosters)
    platform.inBackground(
      'departures',
      projection,
      (commit) => departures.concerns(commit),
      () => departures.round(new Date()),
    )
    const secret = InstallationSecret.read(config.secretFile)
    return {
      module: MembershipModule,
      controllers: [MembershipController],
      providers: [
        { provide: Rosters, useValue: rosters },
        { provide: Invites, useValue: new Invites(history, rosters, secret, streams) },
        { provide: Questions, useValue: new Questions(history, rosters, rpc, streams) },
        { provide: MembershipEvents, useValue: new MembershipEvents(platform) },
      ],
    }
  },
}
