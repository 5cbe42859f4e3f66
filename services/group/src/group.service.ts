import { SerialQueue } from '@beseda/event-log'
import type { Platform, ServiceDefinition } from '@beseda/platform'
import { Module } from '@nestjs/common'
import { identityPeople } from './adapters/people.js'
import { Groups } from './application/groups.js'
import { Messages } from './application/messages.js'
import { GroupEvents } from './events.js'
import { GroupController } from './group.controller.js'
import { historyView } from './projections/history.js'

@Module({})
class GroupModule {}

/** Wires the service. */
export const groupService: ServiceDefinition = {
  name: 'group',
  module(platform: Platform) {
    const { store, rpc, config } = platform
    const projection = platform.project(historyView, platform.historyStreams())
    const deps = { store, projection, queue: new SerialQueue() }
    return {
      module: GroupModule,
      controllers: [GroupController],
      providers: [
        { provide: Groups, useValue: new Groups(deps, identityPeople(rpc), config.partitionCount) },
        { provide: Messages, useValue: new Messages(deps, config.partitionCount) },
        { provide: GroupEvents, useValue: new GroupEvents(platform) },
      ],
    }
  },
}
