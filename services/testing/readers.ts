import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import type { NotificationLevel } from '@beseda/proto/notify/v1/events'
import { NotifyService } from '@beseda/proto/notify/v1/notify_service'
import type { TestPushService, TestSystem } from '@beseda/testkit'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { type Person, peopleOf } from './people.js'

/** People with devices that are reached by push. */
export function readersOf(system: () => TestSystem, pushes: () => TestPushService) {
  const people = peopleOf(system)

  /** One more signed-in device of a person, reached by push. */
  async function deviceOf(someone: Person, locale = 'en') {
    const username = (await someone.identity.getMe({})).me?.user?.username ?? ''
    const signIn = { username, password: 'correct horse', device: { id: newId() } }
    const { tokens } = await system().client(IdentityService).signIn(signIn)
    const claims = JSON.parse(Buffer.from(tokens?.accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
      sid: string
      did: string
    }
    const caller = { userId: someone.id, sessionId: claims.sid, deviceId: claims.did }
    const notify = system().client(NotifyService, caller)
    const { pushKey } = await notify.getNotificationSettings({})
    const subscription = pushes().subscribe(pushKey)
    const { endpoint, p256dh, auth } = subscription
    await notify.subscribePush({ commandId: newId(), endpoint, p256dh, auth, locale })
    return { ...caller, notify, subscription, identity: system().client(IdentityService, caller) }
  }

  /** Something that is certainly told, so that what came before it would have come before it. */
  async function marker(
    author: Person,
    reader: Person,
    device: { subscription: { at(n: number): Promise<unknown> } },
    n: number,
  ) {
    const direct = { commandId: newId(), kind: GroupKind.DIRECT, memberIds: [reader.id] }
    const { group: chat } = await author.groups.createGroup(direct)
    await people.say(author, chat?.id ?? '', 'marker')
    await device.subscription.at(n)
  }

  const notifyOf = (someone: Person) => system().client(NotifyService, { userId: someone.id })

  /** Sets the person's preferences for a group. */
  const choose = (someone: Person, groupId: string, level: NotificationLevel, mutedUntil?: number) =>
    notifyOf(someone).setGroupNotifications({
      commandId: newId(),
      groupId,
      level,
      ...(mutedUntil === undefined ? {} : { mutedUntil: timestampFromMs(mutedUntil) }),
    })

  /** The texts that a device has received. */
  const textsOf = ({ subscription }: { subscription: { received: readonly { note: { [key: string]: unknown } }[] } }) =>
    subscription.received.map(({ note }) => note.text)

  return { ...people, deviceOf, marker, notifyOf, choose, textsOf }
}
