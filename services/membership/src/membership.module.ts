import { SerialQueue } from '@beseda/async'
import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import {
  Background,
  EVENT_STORE,
  InstallationSecret,
  LOGGER,
  PLATFORM_CONFIG,
  provide,
  provideClass,
  SecretModule,
  type ServiceModule,
  TRANSPORT,
  Views,
} from '@beseda/platform'
import { PEOPLE_STREAM } from '@beseda/proto'
import { Module } from '@nestjs/common'
import { Registry } from 'prom-client'
import { FullReplicas } from './adapters/adding-rules.js'
import { IdentityPeople } from './adapters/identity-people.js'
import { KeyedInviteCodes } from './adapters/keyed-invite-codes.js'
import { MembershipController } from './adapters/rpc/membership.controller.js'
import { SqliteDeletedAccounts } from './adapters/views/deleted-accounts.js'
import { SqliteInviteReader } from './adapters/views/invite-reader.js'
import { SqliteMembershipReader } from './adapters/views/membership-reader.js'
import { SqliteRosterStore } from './adapters/views/roster-store.js'
import { rosterView } from './adapters/views/roster-view.js'
import { AddingQueries } from './application/adding-queries.js'
import { DeletedAccountRemoval } from './application/deleted-accounts.js'
import { Invites } from './application/invites.js'
import { MembershipQueries } from './application/membership-queries.js'
import {
  AddingRules,
  DeletedAccounts,
  InviteCodes,
  InviteReader,
  MembershipReader,
  People,
  RosterStore,
} from './application/ports.js'
import { RosterCommands } from './application/roster-commands.js'
import { MembershipEvents } from './events.js'

@Module({
  imports: [SecretModule],
  controllers: [MembershipController],
  providers: [
    provide(Projection, [Views], (views) => views.open(rosterView, [...views.historyStreams, PEOPLE_STREAM])),
    provide(
      GroupHistory,
      [EVENT_STORE, Projection, PLATFORM_CONFIG],
      (store, projection, { partitionCount }) =>
        new GroupHistory({ store, projection, queue: new SerialQueue() }, partitionCount),
    ),
    provide(RosterStore, [Projection], (projection) => new SqliteRosterStore(projection)),
    provide(MembershipReader, [Projection], (projection) => new SqliteMembershipReader(projection)),
    provide(InviteReader, [Projection], (projection) => new SqliteInviteReader(projection)),
    provide(DeletedAccounts, [Projection], (projection) => new SqliteDeletedAccounts(projection)),
    provide(InviteCodes, [InstallationSecret], (secret) => new KeyedInviteCodes(secret)),
    provide(People, [TRANSPORT], (transport) => new IdentityPeople(transport)),
    provide(AddingRules, [TRANSPORT], (transport) => new FullReplicas(transport)),
    provideClass(MembershipEvents, [Registry, LOGGER]),
    provideClass(RosterCommands, [GroupHistory, RosterStore, People, MembershipReader, AddingRules, MembershipEvents]),
    provide(
      AddingQueries,
      [GroupHistory, MembershipReader, Views],
      (history, reader, { historyStreams }) => new AddingQueries(history, reader, historyStreams),
    ),
    provide(
      MembershipQueries,
      [GroupHistory, MembershipReader, Views],
      (history, reader, { historyStreams }) => new MembershipQueries(history, reader, historyStreams),
    ),
    provide(
      Invites,
      [GroupHistory, RosterCommands, MembershipQueries, InviteReader, MembershipReader, InviteCodes, Views],
      (history, commands, queries, invites, groups, codes, { historyStreams }) =>
        new Invites(history, commands, queries, invites, groups, codes, historyStreams),
    ),
    provideClass(DeletedAccountRemoval, [DeletedAccounts, RosterCommands]),
  ],
})
export class MembershipModule {
  constructor(background: Background, projection: Projection, removal: DeletedAccountRemoval) {
    background.follow(
      'deleted accounts',
      projection,
      () => removal.round(new Date()),
      (commit) => removal.concerns(commit),
    )
  }
}

export const membershipService: ServiceModule = { name: 'membership', module: MembershipModule }
