import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { MeSchema } from '@beseda/proto/identity/v1/identity_service'
import { GetEmailResponseSchema, SetEmailResponseSchema } from '@beseda/proto/mail/v1/mail_service'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { allWords, seldomWords } from '../../i18n/index.js'
import { mail } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { openedPage } from '../../stores/testing.js'
import EmailForm from './EmailForm.vue'

let unmount: () => void = () => undefined
beforeAll(() => allWords().then(seldomWords))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

const wrongPassword = () =>
  new ConnectError('wrong password', Code.PermissionDenied, undefined, [
    { desc: ErrorInfoSchema, value: { reason: ErrorReason.WRONG_PASSWORD } },
  ])

/** The form of ann, whose password is "right"; `address`: the one that she has. */
async function shown(address = '') {
  openedPage()
  useAccount().me = create(MeSchema, { hasPassword: true })
  vi.spyOn(mail, 'getEmail').mockImplementation(async () =>
    create(GetEmailResponseSchema, { available: true, address }),
  )
  const set = vi.spyOn(mail, 'setEmail').mockImplementation(async ({ password = '' }) => {
    if (password !== 'right') throw wrongPassword()
    return create(SetEmailResponseSchema)
  })
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp(EmailForm)
  const routes = [{ path: '/', component: { render: () => undefined } }]
  app.use(createRouter({ history: createMemoryHistory(), routes })).mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => undefined
  }
  const button = (text: string) => [...place.querySelectorAll('button')].find((one) => one.textContent?.trim() === text)
  const press = async (text: string) => {
    const there = await vi.waitFor(() => {
      const found = button(text)
      if (!found) throw new Error(`no button ${text}`)
      return found
    })
    there.focus()
    await userEvent.keyboard('{Enter}')
  }
  const focused = () => vi.waitFor(() => expect(place.contains(document.activeElement)).toBe(true))
  return { place, set, press, focused }
}

test('the focus goes into the form, and back to its button', async () => {
  const { place, press, focused } = await shown()
  await press('Add an address')
  await focused()
  expect(document.activeElement).toBe(place.querySelector('[name=email]'))
  await press('Cancel')
  await focused()
  expect(document.activeElement?.textContent?.trim()).toBe('Add an address')
})

test('a form that was left has forgotten the password and the refusal', async () => {
  const { place, press, focused } = await shown()
  await press('Add an address')
  await focused()
  await userEvent.keyboard('ann@example.org{Tab}wrong{Enter}')
  await vi.waitFor(() => expect(place.textContent).toContain('The current password is wrong.'))
  await press('Cancel')
  await press('Add an address')
  await focused()
  expect(place.textContent).not.toContain('The current password is wrong.')
  expect([...place.querySelectorAll('input')].map(({ value }) => value)).toEqual(['', ''])
})

test('an address goes without another in its place, and says what it needs for that', async () => {
  const { place, set, press, focused } = await shown('ann@example.org')
  await press('Change the address')
  await focused()
  await press('Remove')
  await vi.waitFor(() => expect(place.textContent).toContain('Enter a password.'))
  expect(place.textContent).not.toContain('Enter an address.')
  expect(set).not.toHaveBeenCalled()
  await userEvent.keyboard('right')
  await press('Remove')
  await vi.waitFor(() => expect(set).toHaveBeenCalledWith(expect.objectContaining({ address: '', password: 'right' })))
})
