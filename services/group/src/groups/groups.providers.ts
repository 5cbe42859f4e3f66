import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { InstallationSecret, provide, provideClass, TRANSPORT } from '@beseda/platform'
import { Files } from '../files/application/files.js'
import { IdentityPeople } from './adapters/identity-people.js'
import { MembershipRules } from './adapters/membership-rules.js'
import { SqliteGroupReader } from './adapters/views/group-reader.js'
import { SqliteGroupStore } from './adapters/views/group-store.js'
import { Access } from './application/access.js'
import { GroupCommands } from './application/group-commands.js'
import { GroupLane } from './application/group-lane.js'
import { GroupQueries } from './application/group-queries.js'
import { AddingRules, GroupReader, GroupStore, KeyedHashes, People } from './application/ports.js'
import { WebhookCommands } from './application/webhook-commands.js'

export const groupProviders = [
  provide(GroupReader, [Projection], (projection) => new SqliteGroupReader(projection)),
  provide(GroupStore, [Projection], (projection) => new SqliteGroupStore(projection)),
  provide(People, [TRANSPORT], (rpc) => new IdentityPeople(rpc)),
  provide(AddingRules, [TRANSPORT], (rpc) => new MembershipRules(rpc)),
  provide(KeyedHashes, [InstallationSecret], (secret) => secret),
  provideClass(Access, [GroupHistory, GroupReader]),
  provideClass(GroupLane, [GroupHistory, GroupStore, GroupReader]),
  provideClass(GroupCommands, [
    GroupHistory,
    GroupLane,
    GroupStore,
    GroupReader,
    People,
    AddingRules,
    Files,
    KeyedHashes,
  ]),
  provideClass(WebhookCommands, [GroupLane, GroupReader, Access, KeyedHashes]),
  provideClass(GroupQueries, [Access, GroupReader]),
]
