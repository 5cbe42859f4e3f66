import { GroupKind } from '@beseda/proto/group/v1/events'
import type { User } from '@beseda/proto/identity/v1/identity_service'
import { foldText, foldUsername } from '@beseda/rules'
import { handled } from '../../../diagnostics/log.js'
import { identity } from '../../../net/index.js'
import { useChat } from '../../../stores/chat.js'
import { useDirectory } from '../../../stores/directory.js'
import type { Conversation } from '../../../sync/model/model.js'

/** As in GetUsersRequest. */
const ASKED = 500

/** Resolves the names in a search. */
export function useSearchNames() {
  const chat = useChat()
  const directory = useDirectory()
  const nameOf = ({ kind, peerId, name }: Conversation): string =>
    kind === GroupKind.DIRECT ? directory.nameOf(peerId) : name
  const begins = (name: string, wanted: string) => foldText(name).startsWith(wanted)

  /** The conversation of an in: filter, by a prefix of its name; undefined: there is none. */
  const conversationOf = (name: string): string | undefined => {
    const wanted = foldUsername(name)
    const exact = chat.list.find((one) => foldText(nameOf(one)) === wanted)
    return (exact ?? chat.list.find((one) => begins(nameOf(one), wanted)))?.id
  }

  /** People in the searched conversations first, then those in others, then everybody else. */
  async function nearby(groupId: string): Promise<string[]> {
    await chat.load(groupId).catch(handled('search.members'))
    const near = [...chat.list].sort((a, b) => Number(b.id === groupId) - Number(a.id === groupId))
    return near.flatMap(({ members, peerId }) => [...(members?.keys() ?? []), peerId]).filter((id) => id !== '')
  }

  /** The person of a from: filter, by user name or a prefix of the name; undefined: there is nobody. */
  async function authorOf(name: string, groupId: string): Promise<string | undefined> {
    const near = await nearby(groupId)
    const unknown = [...new Set(near)].filter((id) => !directory.user(id)).slice(0, ASKED)
    if (unknown.length > 0) directory.remember((await identity.getUsers({ userIds: unknown })).users)
    const wanted = foldUsername(name)
    const isCalled = (user: User | undefined) => user?.username === wanted
    const fits = (user: User | undefined) => isCalled(user) || (user !== undefined && begins(user.displayName, wanted))
    // A user name is one person's; a name may be of several.
    const present = near.find((id) => isCalled(directory.user(id))) ?? near.find((id) => fits(directory.user(id)))
    if (present) return present
    const { users } = await identity.searchUsers({ query: name, limit: 5 })
    directory.remember(users)
    return (users.find(isCalled) ?? users.find(fits))?.id
  }

  return { nameOf, conversationOf, authorOf }
}
