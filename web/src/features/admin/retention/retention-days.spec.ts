import { expect, test } from 'vitest'
import { daysOf, daysTold, deletesMore, typedDays } from './retention-days.js'

test('an empty field keeps messages for ever; anything that is no number of days is none', () => {
  expect([daysOf(''), daysOf(' '), daysOf('30'), daysOf(' 7 ')]).toEqual([0, 0, 30, 7])
  expect(['0', '-1', '1.5', '1e3', 'a month', '36501'].map(daysOf)).toEqual(Array(6).fill(undefined))
  expect(typedDays({ directDays: 0, groupDays: 365, channelDays: 1 })).toEqual({
    direct: '',
    group: '365',
    channel: '1',
  })
})

test('only a shorter time deletes what would have stayed', () => {
  const days = (group: string) => ({ direct: '', group, channel: '' })
  expect([deletesMore(days(''), days('30')), deletesMore(days('30'), days('7'))]).toEqual([true, true])
  expect([
    deletesMore(days('7'), days('30')),
    deletesMore(days('7'), days('')),
    deletesMore(days('7'), days('7')),
  ]).toEqual([...[false, false, false]])
})

test('the audit log tells the days of a rule, and for ever in words', () => {
  expect(daysTold('0/365/30', 'forever')).toEqual({ direct: 'forever', group: '365', channel: '30' })
})
