import { GetMeResponseSchema } from '@beseda/proto/identity/v1/identity_service'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { adminWords, allWords, seldomWords } from '../../i18n/index.js'
import { identity } from '../../net/index.js'
import { openedPage } from '../../stores/testing.js'
import AdminPage from './AdminPage.vue'

let unmount: () => void = () => undefined
beforeAll(() => allWords().then(adminWords).then(seldomWords))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

test('an administrator who needs two-step sign-in is told so, sets it up there, and then has the page', async () => {
  openedPage()
  const me = (needsSecondFactor: boolean) =>
    create(GetMeResponseSchema, { me: { user: { id: 'ann' }, administrator: true, needsSecondFactor } })
  const asked = vi.spyOn(identity, 'getMe').mockResolvedValue(me(true))
  vi.spyOn(identity, 'getInstallationStatus').mockReturnValue(new Promise(() => undefined))
  const routes = [
    { name: 'home', path: '/', component: {} },
    { name: 'admin', path: '/admin/:tab?', component: {} },
  ]
  const place = document.body.appendChild(document.createElement('div'))
  const app = createApp(AdminPage)
  app.use(createRouter({ history: createMemoryHistory(), routes })).mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  const button = () =>
    [...place.querySelectorAll('button')].find(({ textContent }) => textContent?.includes('authenticator app'))
  await vi.waitFor(() => expect(place.textContent).toContain('Turn on two-step sign-in first'))
  expect(place.querySelector('[role=tablist]')).toBeNull()
  button()?.click()
  const dialog = () => document.querySelector('[role=dialog]')
  await vi.waitFor(() => expect(dialog()?.textContent).toContain('Two-step sign-in'))
  asked.mockResolvedValue(me(false))
  dialog()?.querySelector<HTMLElement>('button[aria-label=Close]')?.click()
  await vi.waitFor(() => expect(place.querySelector('[role=tablist]')).not.toBeNull())
  expect(button()).toBeUndefined()
})
