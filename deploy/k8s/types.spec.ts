import { expect, test } from 'vitest'
import { type Manifest, OVERLAYS, render } from './testing/render.js'
import { typeErrors } from './testing/types.js'

test('every manifest of every overlay matches the types of Kubernetes', () => {
  expect(
    typeErrors(
      [...OVERLAYS, 'overlays/media', 'overlays/media-nat', 'jobs/admin'].flatMap((overlay) => render(overlay)),
    ),
  ).toBe('')
})

test('the types reject an unknown field', () => {
  const wrong = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'x' }, spec: { maxSurge: 1 } }
  expect(typeErrors([wrong as Manifest])).toContain(`'"maxSurge"' does not exist`)
})
