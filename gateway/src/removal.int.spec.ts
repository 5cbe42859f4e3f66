import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { CommitSchema, Lane } from '@beseda/proto/log/v1/commit'
import { apiClient, type Device, Installation, Person, reasonOf } from '@beseda/testkit'
import { fromBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** A member who is removed or banned gets nothing from the removal's position in the log on, on any gateway and device. */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start()
})
afterAll(() => beseda?.stop())

interface Seen {
  readonly lane: Lane
  readonly seq: number
  readonly bodies: readonly (string | undefined)[]
}

const seenBy = (device: Device, groupId: string): Seen[] =>
  device.frames.flatMap((frame) =>
    frame.case === 'commit' && frame.value.groupId === groupId
      ? [
          {
            lane: frame.value.lane,
            seq: Number(frame.value.seq),
            bodies: fromBinary(CommitSchema, frame.value.commit).events.map(({ body }) => body.case),
          },
        ]
      : [],
  )

test('twelve people on two gateways post as fast as they can while half of them are removed or banned', async () => {
  const people = await Promise.all(Array.from({ length: 13 }, () => Person.register(beseda.url)))
  const [owner, ...members] = people as [Person, ...Person[]]
  const memberIds = members.map(({ userId }) => userId)
  const { group } = await owner.groups.createGroup({
    commandId: newId(),
    kind: GroupKind.GROUP,
    name: 'Removal',
    memberIds,
  })
  const groupId = group!.id
  const devices = await Promise.all(
    // One device by one token on both gateways, and two more of their own.
    people.map(async (person) => [
      await person.connect(beseda.url),
      await person.connect(beseda.url2),
      await person.onNewDevice(beseda.url),
      await person.onNewDevice(beseda.url2),
    ]),
  )
  const leaving = members.slice(0, 6)
  let open = true
  const acknowledged: string[] = []
  const write = async (person: Person, url: string) => {
    const { postMessage } = apiClient(GroupService, url, person.tokens.accessToken)
    for (let i = 0; open; i++) {
      const text = `${person.username} ${url} ${i}`
      const answer = await reasonOf(
        postMessage({ messageId: newId(), groupId, text }).then(() => acknowledged.push(text)),
      )
      if (answer === 'NOT_A_MEMBER') return
      // Nobody is faster than the limits; that is not what is tested.
      if (answer === 'RATE_LIMITED') await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
  const urls = [beseda.url, beseda.url2]
  const writing = Promise.all(members.flatMap((member) => urls.map((url) => write(member, url))))
  const removedAt = new Map<string, number>()
  for (const [i, { userId }] of leaving.entries()) {
    const ids = { commandId: newId(), groupId, userId }
    const { seq } = i % 2 ? await owner.membership.banMember(ids) : await owner.membership.removeMember(ids)
    removedAt.set(userId, Number(seq))
  }
  open = false
  await writing
  const end = newId()
  await owner.groups.postMessage({ messageId: newId(), groupId, text: end })
  const staying = people.filter(({ userId }) => !removedAt.has(userId))

  for (const [i, person] of people.entries()) {
    for (const device of devices[i]!) {
      const removal = removedAt.get(person.userId)
      if (removal === undefined) continue
      await device.next('groupLeft', ({ groupId: left }) => left === groupId)
      expect(seenBy(device, groupId).filter(({ seq }) => seq >= removal)).toEqual([])
      const after = device.frames.findIndex((frame) => frame.case === 'groupLeft')
      expect(device.frames.slice(after).filter((frame) => frame.case === 'commit')).toEqual([])
    }
  }
  for (const person of staying) {
    for (const device of devices[people.indexOf(person)]!) {
      await device.next('commit', () => device.texts.get(groupId)?.includes(end) === true)
      expect(device.complaints).toEqual([])
      // Everything acknowledged has come, once.
      const texts = device.texts.get(groupId) ?? []
      expect(new Set(texts).size).toBe(texts.length)
      expect(acknowledged.filter((text) => !texts.includes(text))).toEqual([])
    }
  }
  for (const pair of devices) for (const device of pair) device.close()
})
