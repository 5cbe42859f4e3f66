import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { documentedVariables } from '../../docs/testing/configuration.js'
import { type Manifest, render, workloadsOf } from './testing/render.js'

const here = (path: string) => new URL(path, import.meta.url)
const overlay = parse(readFileSync(here('testing/with-settings/kustomization.yaml'), 'utf8')) as object
const manifests = render('testing/with-settings')
const identity = workloadsOf(manifests).find(({ name }) => name === 'identity')

test('the overlay that the README shows is the one that is rendered here', () => {
  const readme = readFileSync(here('README.md'), 'utf8')
  const [, shown = ''] = /own settings into an overlay:\n\n```yaml\n([\s\S]*?)```/.exec(readme) ?? []
  const local = shown.replaceAll('github.com/your/fork//deploy/k8s/', '../../')
  expect({ ...overlay, ...(parse(local) as object) }).toEqual(overlay)
  expect(Object.keys(parse(local) as object)).toEqual(expect.arrayContaining(['resources', 'components', 'patches']))
})

test('public address, administrators and contact of pushes reach every process, under names that are documented', () => {
  const { data = {} } = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'beseda',
  ) as Manifest
  expect(data).toMatchObject({
    PUBLIC_URL: 'https://chat.your.org',
    ADMINS: 'ann,boris',
    PUSH_CONTACT: 'mailto:admin@your.org',
  })
  expect(Object.keys(data).filter((name) => !documentedVariables().has(name))).toEqual([])
  for (const { ours, pod, name } of workloadsOf(manifests)) {
    if (ours)
      expect([name, pod.containers[0]?.envFrom]).toEqual([
        name,
        expect.arrayContaining([{ configMapRef: { name: 'beseda' } }]),
      ])
  }
})

test('identity alone reads the providers of OpenID Connect, from a secret', () => {
  const [container] = identity?.pod.containers ?? []
  expect(container?.env).toContainEqual({ name: 'OIDC_PROVIDERS_FILE', value: '/oidc/providers.json' })
  expect(container?.volumeMounts).toContainEqual({ name: 'oidc', mountPath: '/oidc', readOnly: true })
  const having = workloadsOf(manifests).filter(({ pod }) =>
    pod.volumes?.some(({ secret }) => secret?.secretName === 'beseda-oidc'),
  )
  expect(having.map(({ name }) => name)).toEqual(['identity'])
})
