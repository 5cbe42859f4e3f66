import { describe, expect, it } from 'vitest'
import { type Policy, policyProblems } from './policies.mjs'

const problems = (policy: Policy | undefined, idempotencyLevel: string | undefined = 'IDEMPOTENT') =>
  policyProblems({
    file: [
      {
        package: 'p.v1',
        messageType: [
          {
            name: 'Request',
            field: [
              { name: 'group_id', type: 'TYPE_STRING' },
              { name: 'count', type: 'TYPE_UINT32' },
              { name: 'names', type: 'TYPE_STRING', label: 'LABEL_REPEATED' },
            ],
          },
        ],
        service: [
          {
            name: 'Service',
            method: [
              {
                name: 'Do',
                inputType: '.p.v1.Request',
                options: {
                  ...(policy ? { '[beseda.common.v1.policy]': policy } : {}),
                  ...(idempotencyLevel ? { idempotencyLevel } : {}),
                },
              },
            ],
          },
        ],
      },
    ],
  })

describe('policyProblems', () => {
  it.each<Policy>([
    { exposure: 'EXPOSURE_INTERNAL' },
    { exposure: 'EXPOSURE_SIGNED_IN', rateClass: 'RATE_CLASS_READ' },
    { exposure: 'EXPOSURE_ANYBODY', rateClass: 'RATE_CLASS_SIGN_IN', partitionKey: 'group_id' },
  ])('accepts %o', (policy) => {
    expect(problems(policy)).toEqual([])
  })

  it('finds a method without options', () => {
    expect(problems(undefined)).toEqual(['p.v1.Service/Do has no exposure'])
    expect(problems({ rateClass: 'RATE_CLASS_READ' })).toEqual(['p.v1.Service/Do has no exposure'])
  })

  it('finds a method that does not say whether it may be repeated', () => {
    expect(problems({ exposure: 'EXPOSURE_INTERNAL' }, '')).toEqual(['p.v1.Service/Do has no idempotency level'])
    expect(problems({ exposure: 'EXPOSURE_INTERNAL' }, 'IDEMPOTENCY_UNKNOWN')).toEqual([])
  })

  it('finds an open method without a rate limit', () => {
    expect(problems({ exposure: 'EXPOSURE_SIGNED_IN' })).toEqual([
      'p.v1.Service/Do is open to people and has no rate class',
    ])
  })

  it.each(['missing', 'count', 'names'])(
    'finds the partition key "%s", which is no string of the request',
    (partitionKey) => {
      const policy = { exposure: 'EXPOSURE_INTERNAL', partitionKey }
      expect(problems(policy)).toEqual([
        `p.v1.Service/Do has partition key "${partitionKey}", which is not a string field of its request`,
      ])
    },
  )
})
