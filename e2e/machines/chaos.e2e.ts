import { Fleet, fewFaults, runCampaign } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

/**
 * Two of every process behind a TCP balancer, a NATS cluster of three with three replicas of the log, and people who talk while faults
 * are injected one after another. `npm run chaos` is the long campaign.
 */
let fleet: Fleet
beforeAll(async () => {
  fleet = await Fleet.start({ zones: true })
})
afterAll(() => fleet?.stop())

test('nothing acknowledged is lost, duplicated or out of order, and everybody is back within 30 s', async () => {
  const faults = fewFaults(fleet.zones.cut !== undefined)
  const report = await runCampaign({
    ...{ fleet, people: 8, groups: 4, members: 5, pauseMs: 600, random: Math.random },
    nextFault: () => faults.shift(),
  })
  const { lost, doubled, disordered, acknowledged } = report.verdict
  expect({ lost, doubled, disordered, complaints: report.complaints }).toEqual({
    lost: [],
    doubled: [],
    disordered: [],
    complaints: [],
  })
  expect(acknowledged).toBeGreaterThan(100)
})
