import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupService, ListReadStatesResponseSchema } from '@beseda/proto/group/v1/group_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { Code } from '@connectrpc/connect'
import { describe, expect, test } from 'vitest'
import { reasonOf } from '../errors.js'
import { linkOnFakeWire } from './fake-wire.js'

describe('requests', () => {
  const payload = toBinary(
    ListReadStatesResponseSchema,
    create(ListReadStatesResponseSchema, { states: [{ groupId: 'g' }] }),
  )

  test('each gets its own answer, in any order', async () => {
    const { link, live, socket } = linkOnFakeWire()
    await live()
    const [one, other] = [
      link.call(GroupService.method.listReadStates, { groupId: 'g' }, '00-trace'),
      link.call(GroupService.method.listReadStates, {}),
    ]
    const [first, second] = socket().of('request')
    expect(first).toMatchObject({
      service: 'beseda.group.v1.GroupService',
      method: 'ListReadStates',
      traceparent: '00-trace',
    })
    socket().says({ case: 'response', value: { id: second!.id } })
    socket().says({ case: 'response', value: { id: first!.id, payload } })
    expect((await one).message.states).toMatchObject([{ groupId: 'g' }])
    expect((await other).message.states).toEqual([])
  })

  test('a refusal rejects with the server’s error', async () => {
    const { link, live, socket } = linkOnFakeWire()
    await live()
    const answer = link.call(GroupService.method.listReadStates, {})
    const info = { reason: ErrorReason.RATE_LIMITED, retryAfterMs: 500 }
    const [request] = socket().of('request')
    socket().says({
      case: 'response',
      value: { id: request!.id, error: { code: 'resource_exhausted', message: '', info } },
    })
    const error = await answer.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: Code.ResourceExhausted })
    expect(reasonOf(error)).toBe(ErrorReason.RATE_LIMITED)
  })

  test('one without an answer fails after 15 s, and its late answer is ignored', async () => {
    const { link, clock, live, socket } = linkOnFakeWire()
    await live()
    const answer = link.call(GroupService.method.listReadStates, {}).catch((reason: unknown) => reasonOf(reason))
    await clock.pass(15_000)
    expect(await answer).toBe(ErrorReason.UNAVAILABLE)
    const [request] = socket().of('request')
    socket().says({ case: 'response', value: { id: request!.id, payload } })
    expect(link.state.status).toBe('live')
  })

  test('all fail at once when the connection ends: whether they arrived is unknown', async () => {
    const { link, live, socket } = linkOnFakeWire()
    await live()
    const answers = [1, 2].map(() => link.call(GroupService.method.listReadStates, {}).catch(reasonOf))
    socket().drop(1006)
    expect(await Promise.all(answers)).toEqual([ErrorReason.UNAVAILABLE, ErrorReason.UNAVAILABLE])
  })
})
