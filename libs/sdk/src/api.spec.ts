import { Exposure } from '@beseda/proto/common/v1/policy'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { allMethods, SERVICES as CONTRACT, policyOf } from '@beseda/rpc'
import { expect, test } from 'vitest'
import { apiOf, type Call, requestOf } from './api.js'
import { SERVICES } from './services.js'

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

test('a command without an id gets one, a query and an id that is given stay as they are', () => {
  const { createGroup, postMessage, getGroup } = GroupService.method
  expect(requestOf(createGroup, {}).commandId).toMatch(UUID)
  expect(requestOf(postMessage, {}).messageId).toMatch(UUID)
  expect(requestOf(postMessage, { messageId: 'mine' }).messageId).toBe('mine')
  expect(requestOf(getGroup, {})).toEqual(expect.objectContaining({ groupId: '' }))
})
