import { randomBytes } from 'node:crypto'
import { InstallationSecret } from '@beseda/platform'
import { expect, test } from 'vitest'
import { Sealed } from './sealed.js'

const secret = InstallationSecret.of(randomBytes(32))
const flows = new Sealed<{ state: string }>(secret, 'oidc')

test('sealed contents can be opened for ten minutes, and not be read', () => {
  const sealed = flows.seal({ state: 'very secret' }, 1_000)
  expect(flows.open(sealed, 2_000)).toEqual({ state: 'very secret' })
  expect(flows.open(sealed, 1_000 + 10 * 60_000)).toBeUndefined()
  expect(Buffer.from(sealed, 'base64url').toString()).not.toContain('secret')
})

test('what was changed, sealed for another purpose or by another installation cannot be opened', () => {
  const sealed = flows.seal({ state: 's' }, 0)
  const bytes = Buffer.from(sealed, 'base64url')
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes)
    changed[i] = changed[i]! ^ 1
    expect(flows.open(changed.toString('base64url'), 1)).toBeUndefined()
  }
  expect(new Sealed(secret, 'passkey').open(sealed, 1)).toBeUndefined()
  expect(new Sealed(InstallationSecret.of(randomBytes(32)), 'oidc').open(sealed, 1)).toBeUndefined()
  for (const rubbish of ['', 'x', 'A'.repeat(100)]) expect(flows.open(rubbish, 1)).toBeUndefined()
})
