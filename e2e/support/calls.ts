import type { ReachableInstallation } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { openDirect, type PersonAtWindow, personAtWindow } from './people.js'

/** What people see and do in a call, tested from outside: by roles and names, and by the media that really arrive. */
export const callWindow = (page: Page) => page.getByRole('dialog', { name: /^Call with/ })
export const press = (page: Page, name: string) => callWindow(page).getByRole('button', { name, exact: true }).click()
export const tile = (page: Page, name: string) => callWindow(page).getByRole('article', { name, exact: true })

/** Records the page's peer connections to inspect their traffic; installed before the first page of a window. */
export async function watchConnections(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const kept: RTCPeerConnection[] = []
    Object.assign(window, { kept })
    const Original = window.RTCPeerConnection
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        kept.push(this)
      }
    }
  })
}

/** Packets of a kind received over all open connections. */
export const packets = (page: Page, kind: 'audio' | 'video'): Promise<number> =>
  page.evaluate(async (wanted) => {
    const { kept } = window as unknown as { kept: RTCPeerConnection[] }
    let sum = 0
    for (const connection of kept.filter(({ connectionState }) => connectionState !== 'closed'))
      for (const entry of (await connection.getStats()).values())
        if (entry.type === 'inbound-rtp' && entry.kind === wanted) sum += entry.packetsReceived
    return sum
  }, kind)

/** Waits until sound of everybody else arrives: packets on every link. */
export async function hears(page: Page, others: number): Promise<void> {
  await page.waitForFunction(
    async (count) => {
      const state = window as unknown as { kept: RTCPeerConnection[]; heard?: Map<RTCPeerConnection, number> }
      const heard = state.heard ?? new Map<RTCPeerConnection, number>()
      state.heard = heard
      let flowing = 0
      for (const connection of state.kept.filter(({ connectionState }) => connectionState === 'connected')) {
        let sum = 0
        for (const entry of (await connection.getStats()).values())
          if (entry.type === 'inbound-rtp' && entry.kind === 'audio') sum += entry.packetsReceived
        const before = heard.get(connection)
        if (before === undefined) heard.set(connection, sum)
        else if (sum > before) flowing++
      }
      if (flowing < count) return false
      state.heard = new Map()
      return true
    },
    others,
    { polling: 200 },
  )
}

/**
 * Waits until the picture of one tile moves: one frame after another is shown. A picture that goes over to another way may get another element
 * meanwhile: frames of whichever is there are counted, since one that is gone shows none any more.
 */
export async function sees(page: Page, name: string): Promise<void> {
  const video = tile(page, name).locator('video')
  let from = Number.POSITIVE_INFINITY
  const shown = async () => {
    const count = await video.evaluate((element: HTMLVideoElement & { shown?: number }) => {
      if (element.shown === undefined) {
        element.shown = 0
        const next = () => {
          element.shown = (element.shown ?? 0) + 1
          element.requestVideoFrameCallback(next)
        }
        element.requestVideoFrameCallback(next)
      }
      return element.shown
    })
    from = Math.min(from, count)
    return count - from
  }
  await expect.poll(shown, { interval: 100 }).toBeGreaterThanOrEqual(3)
}

/** Waits until all links of this window are connected. */
export const linked = (page: Page, people: number) =>
  page.locator(`[data-people="${people}"][data-link="connected"]`).waitFor()

/** Two people, one with the dark theme and one with the light, each on their own gateway. */
export async function pair(browser: Browser, beseda: ReachableInstallation): Promise<[PersonAtWindow, PersonAtWindow]> {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova', {}, watchConnections)
  const bob = await personAtWindow(browser, beseda.url2, 'Боб Иванов', { colorScheme: 'light' }, watchConnections)
  return [ann, bob]
}

/** Participants of the only call of this person, as the server has it. */
export const participants = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const { accessToken } = JSON.parse(localStorage.getItem('beseda.session') ?? '{}') as { accessToken: string }
    const answer = await fetch('/api/beseda.call.v1.CallService/ListMyCalls', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
      body: '{}',
    })
    const { calls = [] } = (await answer.json()) as { calls?: { participants?: unknown[] }[] }
    return calls[0]?.participants?.length ?? 0
  })

export async function callDirect(caller: PersonAtWindow, called: PersonAtWindow, video = false): Promise<void> {
  await openDirect(caller.page, called)
  await caller.page.getByRole('button', { name: video ? 'Video call' : 'Audio call' }).click()
  await called.page.getByRole('button', { name: video ? 'Accept with video' : 'Accept', exact: true }).click()
  await Promise.all([linked(caller.page, 2), linked(called.page, 2)])
}

/** The code of the call, which its panel shows. */
export async function codeOf(page: Page): Promise<string> {
  await press(page, 'Call settings')
  await page.getByRole('button', { name: 'Security code' }).click()
  await page.keyboard.press('Escape')
  return callWindow(page).getByRole('complementary', { name: 'Security code' }).locator('[data-code]').innerText()
}

/** Joins the call of the open group through the lobby with its preview. */
export async function enterGroupCall(page: Page, video: boolean, ring = false): Promise<void> {
  await page.getByRole('button', { name: video ? 'Video call' : 'Audio call' }).click()
  const lobby = page.getByRole('dialog').filter({ hasText: 'No one can see or hear you' })
  await lobby.waitFor()
  const rings = lobby.getByLabel('Ring everyone')
  if ((await rings.count()) > 0) await rings.setChecked(ring)
  await lobby.getByRole('button', { name: /^(Start call|Join)$/ }).click()
  await callWindow(page).waitFor()
}

export const noErrors = (...people: PersonAtWindow[]) => expect(people.flatMap(({ errors }) => errors)).toEqual([])

interface PictureWindow {
  readonly documentPictureInPicture: { readonly window: Window | null }
}

/** The picture-in-picture window shows a moving picture of the call. */
export async function pressInPicture(page: Page, name: string): Promise<void> {
  await page.waitForFunction((label) => {
    const small = (window as unknown as PictureWindow).documentPictureInPicture.window?.document
    const button = small?.querySelector<HTMLElement>(`[aria-label="${label}"]`)
    const isShown = (small?.querySelector('video')?.videoWidth ?? 0) > 0
    if (isShown) button?.click()
    return isShown && button
  }, name)
}

export async function closePicture(page: Page): Promise<void> {
  await page.evaluate(() => (window as unknown as PictureWindow).documentPictureInPicture.window?.close())
  await page.waitForFunction(() => (window as unknown as PictureWindow).documentPictureInPicture.window === null)
}
