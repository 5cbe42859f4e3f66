import { expect, test } from 'vitest'
import { reportOf } from './report.mjs'

test('one row per fault, and the verdict with the violations', () => {
  const text = reportOf({
    rows: [
      { fault: 'kill -9 of Redis', lastedMs: 40, backMs: 1_240, acknowledged: 12, peakHellos: 3 },
      { fault: 'a cut', lastedMs: 8_000, backMs: undefined, acknowledged: 0, peakHellos: 0 },
    ],
    verdict: { acknowledged: 12, owed: 60, lost: ['ann m1'], doubled: [], disordered: [] },
    complaints: ['group-0: code 1'],
    holds: false,
  })
  expect(text).toBe(
    [
      '| fault            | lasted, s | back after, s | acknowledged | Hellos/s, at most |',
      '| ---------------- | --------- | ------------- | ------------ | ----------------- |',
      '| kill -9 of Redis | 0.0       | 1.2           | 12           | 3                 |',
      '| a cut            | 8.0       | never         | 0            | 0                 |',
      '',
      '12 messages acknowledged, 60 deliveries owed (to every member, and in the history):',
      '1 lost, 0 doubled, 0 members with another order',
      '  ann m1',
      '  ! group-0: code 1',
    ].join('\n'),
  )
})
