import { newId } from '@beseda/kernel'
import { RateClass } from '@beseda/proto/common/v1/policy'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { rateLimitOf } from '@beseda/rpc'
import { Installation, Person } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** Limits of one person over all gateways, and of an address without a person. */
let beseda: Installation
let groupId = ''
let ann: Person
beforeAll(async () => {
  beseda = await Installation.start()
  ann = await Person.register(beseda.url)
  const founding = { commandId: newId(), kind: GroupKind.GROUP, name: 'Limits' }
  groupId = (await ann.groups.createGroup(founding)).group?.id ?? ''
})
afterAll(() => beseda?.stop())

interface Asked {
  readonly path: string
  readonly body: () => string
}
const rpc = (method: string, body: () => object): Asked => ({
  path: `/api/beseda.${method}`,
  body: () => JSON.stringify(body()),
})
const CLASSES: readonly (readonly [name: keyof typeof RateClass, asked: Asked])[] = [
  ['POST', rpc('group.v1.GroupService/PostMessage', () => ({ messageId: newId(), groupId, text: 'hi' }))],
  ['CREATE_GROUP', rpc('group.v1.GroupService/CreateGroup', () => ({ commandId: newId(), kind: 2, name: 'x' }))],
  ['INVITE', rpc('membership.v1.MembershipService/CreateInvite', () => ({ commandId: newId(), groupId }))],
  ['SEARCH', rpc('group.v1.GroupService/SearchMessages', () => ({ groupId, query: 'hi' }))],
  // Not by passwords: those wait for a processor, and a busy machine refuses them for itself.
  ['SIGN_IN', rpc('identity.v1.IdentityService/StartPasskeySignIn', () => ({}))],
  ['UPLOAD', { path: '/api/files?name=note.txt', body: () => 'a note' }],
]

test.each(CLASSES)(
  '%s: the burst over all gateways together, then a refusal with the time to wait',
  async (name, asked) => {
    const { burst } = rateLimitOf(RateClass[name]) ?? { burst: 0 }
    const headers = {
      ...(name === 'SIGN_IN' ? {} : { Authorization: `Bearer ${ann.tokens.accessToken}` }),
      'Content-Type': 'application/json',
      'X-Forwarded-For': '192.0.2.7',
    }
    // One less at each gateway than it would refuse by itself: whatever is refused, all gateways together refuse.
    const urls = [beseda.url, beseda.url2]
    const answers = await Promise.all(
      Array.from({ length: burst * 2 - 2 }, (_, i) =>
        fetch(`${urls[i % 2]}${asked.path}`, { method: 'POST', headers, body: asked.body() }),
      ),
    )
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(1)
    // The group itself was made before.
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(burst - 1)
    for (const answer of refused) {
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await answer.json()).toMatchObject({ message: 'RATE_LIMITED' })
    }
  },
)
