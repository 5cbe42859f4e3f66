import { newId } from '@beseda/kernel'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { SecondFactorService } from '@beseda/proto/identity/v1/second_factor_service'
import { AuthenticatorApp, reasonOf, TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { identityService } from './identity.module.js'

/** An installation whose operator wants administrators to have a second factor. */
let system: TestSystem
beforeAll(async () => {
  process.env.ADMIN_SECOND_FACTOR = 'true'
  system = await TestSystem.start(identityService)
})
afterAll(async () => {
  delete process.env.ADMIN_SECOND_FACTOR
  await system?.stop()
})

const PASSWORD = 'correct horse'

test('every method of administrators is refused until two-step sign-in is on, and again when it is off', async () => {
  const device = { id: newId(), name: 'Test' }
  const registration = { commandId: newId(), username: 'founder', displayName: 'Founder', password: PASSWORD, device }
  const { me } = await system.client(IdentityService).register({ ...registration, code: system.founderCode })
  const userId = me?.user?.id ?? ''
  const [identity, factor] = [
    system.client(IdentityService, { userId }),
    system.client(SecondFactorService, { userId }),
  ]
  const asked = async () => {
    const target = { commandId: newId(), userId: newId() }
    return Promise.all(
      [
        identity.listAccounts({}),
        identity.listLimits({}),
        identity.getInstallationStatus({}),
        identity.listAdministratorActions({}),
        identity.getRegistration({}),
        identity.setAccountDisabled({ ...target, disabled: true }),
        identity.setAdministrator({ ...target, administrator: true }),
        identity.offerPasswordReset(target),
        factor.takeSecondFactor(target),
        identity.endAccountSessions({ userId: target.userId }),
      ].map(reasonOf),
    )
  }
  expect(me).toMatchObject({ administrator: true, needsSecondFactor: true })
  expect(new Set(await asked())).toEqual(new Set(['SECOND_FACTOR_OFF']))
  const { secret, flow } = await factor.startSecondFactor({ password: PASSWORD })
  const app = new AuthenticatorApp(secret)
  const { recoveryCodes } = await factor.addSecondFactor({ commandId: newId(), flow, code: app.code() })
  expect(await asked()).not.toContain('SECOND_FACTOR_OFF')
  expect((await identity.getMe({})).me).toMatchObject({ administrator: true, needsSecondFactor: false })
  await factor.removeSecondFactor({ commandId: newId(), password: PASSWORD, code: recoveryCodes[0] ?? '' })
  expect(new Set(await asked())).toEqual(new Set(['SECOND_FACTOR_OFF']))
})
