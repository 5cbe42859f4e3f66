import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { SendInviteResponseSchema } from '@beseda/proto/mail/v1/mail_service'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp } from 'vue'
import { allWords, seldomWords } from '../../i18n/index.js'
import { mail } from '../../net/index.js'
import { openedPage } from '../../stores/testing.js'
import SendInvite from './SendInvite.vue'

let unmount: () => void = () => undefined
beforeAll(() => allWords().then(seldomWords))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

const badEmail = () =>
  new ConnectError('bad email', Code.InvalidArgument, undefined, [
    { desc: ErrorInfoSchema, value: { reason: ErrorReason.BAD_EMAIL } },
  ])

function shown() {
  openedPage()
  const send = vi.spyOn(mail, 'sendInvite').mockImplementation(async ({ address = '' }) => {
    if (!address.includes('@')) throw badEmail()
    return create(SendInviteResponseSchema)
  })
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp(SendInvite, { code: 'c0de' })
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => undefined
  }
  const press = async (text: string) => {
    const button = [...place.querySelectorAll('button')].find((one) => one.textContent?.trim() === text)
    button?.focus()
    await userEvent.keyboard('{Enter}')
  }
  const inField = () => vi.waitFor(() => expect(document.activeElement).toBe(place.querySelector('[name=email]')))
  return { place, send, press, inField }
}

test('the link goes to the address, it is said so, and the focus is at the button again', async () => {
  const { place, send, press, inField } = shown()
  await press('Send by email')
  await inField()
  await userEvent.keyboard('new@b.org{Enter}')
  await vi.waitFor(() => expect(place.textContent).toContain('An invitation is on its way to new@b.org'))
  expect(send).toHaveBeenCalledWith(expect.objectContaining({ code: 'c0de', address: 'new@b.org' }))
  expect(document.activeElement?.textContent?.trim()).toBe('Send by email')
})

test('what is no address is said at the field, and nothing is sent for an empty one', async () => {
  const { place, send, press, inField } = shown()
  await press('Send by email')
  await inField()
  await userEvent.keyboard('{Enter}')
  await vi.waitFor(() => expect(place.textContent).toContain('Enter an address.'))
  expect(send).not.toHaveBeenCalled()
  await userEvent.keyboard('nobody{Enter}')
  await vi.waitFor(() => expect(place.textContent).toContain('This isn’t an email address.'))
})
