import { expect, test } from 'vitest'
import { socketsThatFit } from './open-files.js'

const limits = (files: string) => `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            ${files.padEnd(20)} 1048576              files
`

test('as many sockets fit as files may be open, less those that the gateway needs itself', () => {
  expect(socketsThatFit(limits('65536'))).toBe(65_024)
  expect(socketsThatFit(limits('612'))).toBe(100)
})

test.each(['256', '611'])('a limit of %s is refused with a sentence that says what to do', (files) => {
  expect(() => socketsThatFit(limits(files))).toThrow(
    `the limit of open files is ${files}, and the gateway needs at least 612, 512 of them for itself: raise it (ulimit -n 65536)`,
  )
})

test('any number fits where no limit is reported', () => {
  expect(socketsThatFit(limits('unlimited'))).toBe(Number.POSITIVE_INFINITY)
  expect(socketsThatFit('')).toBe(Number.POSITIVE_INFINITY)
})

test('this machine reports a limit that is enough', () => {
  expect(socketsThatFit()).toBeGreaterThan(0)
})
