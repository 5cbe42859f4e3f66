import { type Change, changesOf, isEffective, type RosterEvent } from './changes.js'
import { EMPTY_ROSTER, type Roster } from './roster.js'

export function evolve(roster: Roster, event: RosterEvent): Roster {
  if (!isEffective(event.body, roster.status)) return roster
  const draft = draftOf(roster)
  for (const change of changesOf(event)) apply(draft, change)
  return draft
}

type Draft = {
  -readonly [Key in keyof Roster]: Roster[Key] extends ReadonlyMap<infer Id, infer Item> ? Map<Id, Item> : Roster[Key]
}

const draftOf = (roster: Roster): Draft => ({
  ...roster,
  members: new Map(roster.members),
  mutes: new Map(roster.mutes),
  invites: new Map(roster.invites),
  bans: new Map(roster.bans),
  requests: new Map(roster.requests),
})

function apply(draft: Draft, change: Change): void {
  switch (change.type) {
    case 'putGroup':
      draft.status = 'open'
      draft.kind = change.kind
      return
    case 'updateGroup':
      draft.archived = change.archived ?? draft.archived
      if (!change.settings) return
      draft.overrides = change.settings.permissions
      draft.discoverability = change.settings.discoverability
      return
    case 'endGroup':
      Object.assign(draft, draftOf({ ...EMPTY_ROSTER, overrides: undefined, status: 'deleted' }))
      return
    case 'putMember': {
      const { userId, member } = change
      const present = draft.members.get(userId)
      draft.members.set(userId, present ? { ...present, role: member.role } : member)
      return
    }
    case 'dropMember':
      draft.members.delete(change.userId)
      return
    case 'putMute':
      draft.mutes.set(change.userId, change.until)
      return
    case 'putBan':
      draft.bans.set(change.userId, change.ban)
      return
    case 'dropBan':
      draft.bans.delete(change.userId)
      return
    case 'putRequest':
      draft.requests.set(change.userId, change.request)
      return
    case 'dropRequest':
      draft.requests.delete(change.userId)
      return
    case 'putNotice':
    case 'dropNotice':
    case 'noticeMembers':
      // What people outside of the group are told decides nothing.
      return
    default:
      applyToInvites(draft.invites, change)
  }
}

type InviteChange = Extract<Change, { type: 'putInvite' | 'closeInvite' | 'countUse' }>

function applyToInvites(invites: Draft['invites'], change: InviteChange): void {
  if (change.type === 'putInvite') {
    invites.set(change.invite.id, change.invite)
    return
  }
  const invite = invites.get(change.inviteId)
  if (!invite) return
  const changed = change.type === 'closeInvite' ? { revoked: true } : { uses: invite.uses + 1 }
  invites.set(invite.id, { ...invite, ...changed })
}
