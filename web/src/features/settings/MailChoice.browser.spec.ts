import { GetEmailResponseSchema } from '@beseda/proto/mail/v1/mail_service'
import { MailChoice as Choice } from '@beseda/proto/notify/v1/events'
import { GetMailChoiceResponseSchema, SetMailChoiceResponseSchema } from '@beseda/proto/notify/v1/missed_mail_service'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp } from 'vue'
import { allWords, seldomWords } from '../../i18n/index.js'
import { missedMail } from '../../net/clients/missed-mail.js'
import { mail } from '../../net/index.js'
import { openedPage } from '../../stores/testing.js'
import MailChoice from './MailChoice.vue'

let unmount: () => void = () => undefined
beforeAll(() => allWords().then(seldomWords))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

/** The choice of somebody with this address, on an installation that sends mail, or does not. */
async function shown(address: string, available = true) {
  openedPage()
  const asked = vi
    .spyOn(mail, 'getEmail')
    .mockImplementation(async () => create(GetEmailResponseSchema, { available, address }))
  vi.spyOn(missedMail, 'getMailChoice').mockImplementation(async () => create(GetMailChoiceResponseSchema))
  const set = vi.spyOn(missedMail, 'setMailChoice').mockImplementation(async () => create(SetMailChoiceResponseSchema))
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp(MailChoice)
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => undefined
  }
  await vi.waitFor(() => expect(asked).toHaveBeenCalled())
  const list = () => place.querySelector('select')
  return { place, set, list }
}

test('what is chosen is saved at once', async () => {
  const { set, list } = await shown('ann@example.org')
  await vi.waitFor(() => expect(list()?.selectedOptions[0]?.textContent?.trim()).toBe('After an hour'))
  await userEvent.selectOptions(list()!, 'Never')
  // Of a page that was opened long ago the one says nothing of the other.
  await vi.waitFor(() => expect(set).toHaveBeenCalledWith({ commandId: expect.any(String), mail: Choice.OFF }))
  await vi.waitFor(() => expect(list()?.selectedOptions[0]?.textContent?.trim()).toBe('Never'))
})

test('invitations to calls are chosen beside it, and not while all such letters are off', async () => {
  const { place, set, list } = await shown('ann@example.org')
  const invitations = () => place.querySelector<HTMLButtonElement>('[role=switch]')
  await vi.waitFor(() =>
    expect(invitations()?.ariaChecked ?? invitations()?.getAttribute('aria-checked')).toBe('false'),
  )
  await userEvent.click(invitations()!)
  await vi.waitFor(() => expect(set).toHaveBeenCalledWith({ commandId: expect.any(String), callInvitations: true }))
  await vi.waitFor(() => expect(invitations()?.getAttribute('aria-checked')).toBe('true'))
  await userEvent.selectOptions(list()!, 'Never')
  await vi.waitFor(() => expect(invitations()?.disabled).toBe(true))
  expect(invitations()?.getAttribute('aria-checked')).toBe('false')
})

test('without an address there is nothing to choose, and it says why', async () => {
  const { place, list } = await shown('')
  await vi.waitFor(() => expect(list()?.disabled).toBe(true))
  expect(place.textContent).toContain('Add an email address first')
})

test('where no mail is sent, nothing speaks of it', async () => {
  const { place } = await shown('', false)
  expect(place.textContent).toBe('')
})
