import { readSfuNodes } from '@beseda/platform'
import { expect, test } from 'vitest'
import { containersOf, render, workloadsOf } from './testing/render.js'

const manifests = render('testing/with-sfu')
const find = (kind: string, name: string) => manifests.find((one) => one.kind === kind && one.metadata.name === name)

test('all processes know the nodes, as the code reads them, and the call service alone their secret', () => {
  const { data } = find('ConfigMap', 'beseda') as unknown as { data: Record<string, string> }
  expect(readSfuNodes(data)).toHaveLength(2)
  const withSecret = workloadsOf(manifests).filter((workload) => JSON.stringify(workload.pod).includes('beseda-sfu'))
  expect(withSecret.map(({ name }) => name)).toEqual(['call'])
  const [call] = withSecret.flatMap((workload) => containersOf(workload))
  expect(call?.env).toContainEqual({ name: 'SFU_SECRET_FILE', value: '/sfu/secret' })
  expect(call?.volumeMounts).toContainEqual({ name: 'sfu', mountPath: '/sfu', readOnly: true })
})

test('the call service may reach the nodes, and nobody else may', () => {
  const { spec } = find('NetworkPolicy', 'call-to-sfu') as unknown as { spec: Record<string, unknown> }
  expect(spec).toEqual({
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'call' } },
    policyTypes: ['Egress'],
    egress: [{ ports: [80, 7880].map((port) => ({ protocol: 'TCP', port })) }],
  })
})
