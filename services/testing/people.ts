import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { HistoryService } from '@beseda/proto/history/v1/history_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { comingBack, type TestSystem } from '@beseda/testkit'

/** Somebody with an account, and the services as the gateway would ask them for this person. */
const personOf = (system: TestSystem, id: string) => ({
  id,
  identity: system.client(IdentityService, { userId: id }),
  groups: system.client(GroupService, { userId: id }),
  membership: system.client(MembershipService, { userId: id }),
  history: system.client(HistoryService, { userId: id }),
})

export type Person = ReturnType<typeof personOf>

/** People who act on a system of services. */
export function peopleOf(system: () => TestSystem) {
  let people = 0
  let founded: Promise<unknown> | undefined

  const register = (displayName: string, code = '') => {
    const request = {
      commandId: newId(),
      username: `chat-${++people}`,
      displayName,
      password: 'correct horse',
      device: { id: newId() },
      code,
    }
    return comingBack(() => system().client(IdentityService).register(request))
  }

  /** The first person administers the installation: the others come afterwards, also those who are made at the same time. */
  async function person(name = 'Person') {
    const isFirst = founded === undefined
    const registered = isFirst ? register(name, system().founderCode) : founded?.then(() => register(name))
    founded ??= registered
    const answer = await registered
    return personOf(system(), answer?.me?.user?.id ?? '')
  }

  async function group(owner: Person, others: Person[] = [], kind = GroupKind.GROUP) {
    const memberIds = others.map(({ id }) => id)
    const name = kind === GroupKind.DIRECT ? '' : 'Chess'
    const { group } = await owner.groups.createGroup({ commandId: newId(), kind, name, memberIds })
    return group?.id ?? ''
  }

  /** One thing said; the message as it is kept. */
  async function say(
    author: Person,
    groupId: string,
    text: string,
    more: { replyTo?: string; threadId?: string; alsoToGroup?: boolean } = {},
  ) {
    const messageId = newId()
    const { seq } = await author.groups.postMessage({ messageId, groupId, text, ...more })
    const { message } = await author.groups.getMessage({ groupId, messageId, minSeq: seq })
    if (!message) throw new Error('no message in the answer')
    return message
  }

  const post = (author: Person, groupId: string, text: string, messageId = newId()) =>
    author.groups.postMessage({ messageId, groupId, text })

  const texts = async (reader: Person, groupId: string) =>
    (await reader.groups.listMessages({ groupId, limit: 200 })).messages.map(({ text }) => text)

  return { person, group, say, post, texts }
}
