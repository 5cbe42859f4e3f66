import { profileSubject } from '@beseda/proto'
import { ProfileChangedSchema } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { FakeSocket } from '../testing/fixture.js'
import { SilentBus } from '../testing/silent-bus.js'
import { ProfileNotices } from './profile-notices.js'

function stage() {
  const bus = new SilentBus()
  const [watcher, own, stranger] = [new FakeSocket('bob'), new FakeSocket('ann'), new FakeSocket('eve')]
  const [watched, sockets] = [new Map([['ann', [watcher, own]]]), new Map([['ann', [own]]])]
  const notices = new ProfileNotices(
    bus.connection,
    (userId) => watched.get(userId) ?? [],
    (userId) => sockets.get(userId) ?? [],
  )
  const change = (id: string, displayName: string) => {
    const notice = create(ProfileChangedSchema, { user: { id, displayName } })
    bus.say(profileSubject(id), toBinary(ProfileChangedSchema, notice), undefined, profileSubject('*'))
  }
  return { bus, notices, change, watcher, own, stranger }
}

test('a new profile reaches those who watch the person, and the person, once; nobody else', () => {
  const { change, watcher, own, stranger } = stage()
  change('ann', 'Anna')
  change('kim', 'Kim')
  expect([watcher, own, stranger].map(({ story }) => story)).toEqual([['profileChanged'], ['profileChanged'], []])
  expect(watcher.frames[0]?.value).toMatchObject({ user: { id: 'ann', displayName: 'Anna' } })
})

test('a gateway that stops listens to nothing any more', () => {
  const { bus, notices } = stage()
  notices.stop()
  expect(bus.subjects).toEqual([])
})
