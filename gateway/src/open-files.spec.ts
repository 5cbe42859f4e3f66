import { expect, test } from 'vitest'
import { socketsThatFit } from './open-files.js'

const limits = (files: string) => `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            ${files.padEnd(20)} 1048576              files
`

test('as many sockets fit as files may be open, but for those of others', () => {
  expect(socketsThatFit(limits('65536'))).toBe(65_024)
  expect(socketsThatFit(limits('256'))).toBe(1)
})

test('any number fits where no limit is told', () => {
  expect(socketsThatFit(limits('unlimited'))).toBe(Number.POSITIVE_INFINITY)
  expect(socketsThatFit('')).toBe(Number.POSITIVE_INFINITY)
})

test('this machine tells', () => {
  expect(socketsThatFit()).toBeGreaterThan(0)
})
