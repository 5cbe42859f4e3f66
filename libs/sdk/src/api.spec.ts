import { Exposure } from '@beseda/proto/common/v1/policy'
import { GroupService, PostMessageRequestSchema } from '@beseda/proto/group/v1/group_service'
import { allMethods, SERVICES as CONTRACT, policyOf } from '@beseda/rpc'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { apiOf, type Call, requestOf } from './api.js'
import { INTERNAL, SERVICES } from './services.js'

const UUID = /^[0-9a-f-]{36}$/
const nobody: Call = () => Promise.reject(new Error('nobody is called'))

test('every service of the contract is in the client', () => {
  expect(
    Object.values(SERVICES)
      .map(({ typeName }) => typeName)
      .toSorted(),
  ).toEqual(CONTRACT.map(({ typeName }) => typeName).toSorted())
})

test('every method that people or bots may call has its function, and no other', () => {
  const functions = Object.values(apiOf(nobody)).flatMap((service) => Object.keys(service))
  const open = allMethods().filter((method) => policyOf(method).exposure >= Exposure.ANYBODY)
  expect(functions.toSorted()).toEqual(open.map(({ localName }) => localName).toSorted())
})

test('the types leave out what only services call, and nothing else', () => {
  const closed = allMethods().filter((method) => policyOf(method).exposure < Exposure.ANYBODY)
  const internal = Object.entries(SERVICES).map(([name, { typeName }]) => {
    const own = closed.filter(({ parent }) => parent.typeName === typeName)
    return [name, own.map(({ localName }) => localName).toSorted()] as const
  })
  expect(INTERNAL).toEqual(Object.fromEntries(internal.filter(([, names]) => names.length > 0)))
})

test('a command without an id gets one, a query and an id that is given stay as they are', () => {
  const { createGroup, postMessage, getGroup } = GroupService.method
  expect(requestOf(createGroup, {}).commandId).toMatch(UUID)
  expect(requestOf(postMessage, {}).messageId).toMatch(UUID)
  expect(requestOf(postMessage, { messageId: 'mine' }).messageId).toBe('mine')
  expect(requestOf(getGroup, {})).toEqual(expect.objectContaining({ groupId: '' }))
})

test('a message that is given twice is two requests, and stays as the caller made it', () => {
  const { postMessage } = GroupService.method
  const message = create(PostMessageRequestSchema, { groupId: 'tea', text: 'hello' })
  const [first, second] = [requestOf(postMessage, message), requestOf(postMessage, message)]
  expect(first).toMatchObject({ groupId: 'tea', text: 'hello' })
  expect(new Set([message.messageId, first.messageId, second.messageId]).size).toBe(3)
  expect(message.messageId).toBe('')
})
