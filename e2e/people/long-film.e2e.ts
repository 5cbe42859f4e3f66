import type { Browser } from 'playwright-core'
import { expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import { createGroup, personAtWindow } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'

/** A film that is too long to be fetched whole before it plays. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

/** Seventeen megabytes of noise that moves, uploaded by the page and sent to the open conversation. */
const LONG = 17 * 1024 * 1024

test('a long film plays piece by piece, and jumps, without being fetched whole', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova')
  await createGroup(ann.page, 'Cinema', [])
  // From the worker's first answer on, it is the one that fetches.
  await ann.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  const film = await ann.page.evaluate(async (least) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
    const context = canvas.getContext('2d')
    const noise = new ImageData(640, 360)
    const began = performance.now()
    const draw = () => {
      for (let at = 0; at < noise.data.length; at += 65_536)
        crypto.getRandomValues(noise.data.subarray(at, Math.min(at + 65_536, noise.data.length)))
      context?.putImageData(noise, 0, 0)
      // Says when it is: another colour every half second.
      if (!context) return
      context.fillStyle = `hsl(${Math.floor((performance.now() - began) / 500) * 47} 100% 50%)`
      context.fillRect(0, 0, 640, 90)
    }
    draw()
    const timer = setInterval(draw, 50)
    const options = { mimeType: 'video/webm;codecs=vp8', videoBitsPerSecond: 80_000_000 }
    const recorder = new MediaRecorder(canvas.captureStream(20), options)
    const parts: Blob[] = []
    await new Promise<void>((resolve) => {
      let size = 0
      recorder.ondataavailable = ({ data }) => {
        parts.push(data)
        size += data.size
        if (size > least && recorder.state === 'recording') recorder.stop()
      }
      recorder.onstop = () => resolve()
      recorder.start(500)
    })
    clearInterval(timer)
    const { accessToken } = JSON.parse(localStorage.getItem('beseda.session') ?? '{}') as { accessToken: string }
    const authorization = `Bearer ${accessToken}`
    const body = new Blob(parts)
    const stored = await fetch('/api/files?name=noise.webm', { method: 'POST', body, headers: { authorization } })
    const { id: fileId } = (await stored.json()) as { id: string }
    const [groupId = ''] = /[0-9a-f-]{36}/.exec(location.pathname) ?? []
    await fetch('/api/beseda.group.v1.GroupService/PostMessage', {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ messageId: crypto.randomUUID(), groupId, attachments: [{ fileId }] }),
    })
    return body.size
  }, LONG)
  expect(film).toBeGreaterThan(LONG)
  const asked: string[] = []
  ann.context.on('request', (request) => {
    if (/\/api\/files\/[0-9a-f-]{36}(\?play)?$/.test(request.url())) asked.push(new URL(request.url()).search)
  })
  await ann.page.getByRole('button', { name: 'Play noise.webm' }).click()
  const video = ann.page.locator('video[aria-label="noise.webm"]')
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime)).toBeGreaterThan(0.2)
  expect(await video.getAttribute('src')).toMatch(/^\/api\/files\/.*\?play$/)
  expect(asked).toContain('?play')
  // Ahead, and back again: what is seen there is what the whole film shows at that moment.
  const { there, whole } = await ann.page.evaluate(
    async (played) => {
      const element = document.querySelector<HTMLVideoElement>('video[aria-label="noise.webm"]')
      if (!element) throw new Error('no film')
      const { accessToken } = JSON.parse(localStorage.getItem('beseda.session') ?? '{}') as { accessToken: string }
      const answer = await fetch(played, { headers: { authorization: `Bearer ${accessToken}` } })
      const reference = Object.assign(document.createElement('video'), { muted: true })
      reference.src = URL.createObjectURL(await answer.blob())
      await new Promise((resolve) => reference.addEventListener('loadeddata', resolve, { once: true }))
      const hueAt = async (video: HTMLVideoElement, time: number) => {
        video.pause()
        const seeked = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }))
        video.currentTime = time
        await seeked
        const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 })
        const context = canvas.getContext('2d')
        context?.drawImage(video, 0, 0, 64, 36)
        return [...(context?.getImageData(32, 4, 1, 1).data ?? [])].map((value) => Math.round(value / 32))
      }
      const colours = async (video: HTMLVideoElement) => [await hueAt(video, 3.2), await hueAt(video, 0.7)]
      return { there: await colours(element), whole: await colours(reference) }
    },
    ((await video.getAttribute('src')) ?? '').replace('?play', ''),
  )
  expect(there).toEqual(whole)
  expect(there[0]).not.toEqual(there[1])
  expect(ann.errors).toEqual([])
})
