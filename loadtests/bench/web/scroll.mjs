/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{ frames: number[], blank: number }} Scrolled milliseconds of each frame; frames without a message in the middle */

const SCROLLER = '[role=log] .scroller'

/** Counts frames in the page from now on. @param {Page} page */
const watchFrames = (page) =>
  page.evaluate((selector) => {
    const scroller = document.querySelector(selector)
    const box = scroller?.getBoundingClientRect() ?? new DOMRect()
    const watched = { frames: /** @type {number[]} */ ([]), blank: 0, running: true }
    let before = performance.now()
    const frame = (/** @type {number} */ now) => {
      watched.frames.push(now - before)
      before = now
      const middle = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
      if (!middle?.closest('[data-index]')) watched.blank++
      if (watched.running) requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    Object.assign(window, { watched })
  }, SCROLLER)

/** @param {Page} page @returns {Promise<Scrolled>} */
const watchedFrames = (page) =>
  page.evaluate(() => {
    const { watched } = /** @type {{ watched: Scrolled & { running: boolean } }} */ (/** @type {unknown} */ (window))
    watched.running = false
    return { frames: watched.frames.slice(1), blank: watched.blank }
  })

/** Scrolls up with the wheel for ten seconds, 100 px every 16.7 ms. @param {Page} page */
export async function wheel(page) {
  const box = await page.locator(SCROLLER).boundingBox()
  await page.mouse.move((box?.x ?? 0) + 300, (box?.y ?? 0) + 300)
  await watchFrames(page)
  const client = await page.context().newCDPSession(page)
  await client.send('Input.synthesizeScrollGesture', {
    x: (box?.x ?? 0) + 300,
    y: (box?.y ?? 0) + 300,
    yDistance: 60_000,
    speed: 6_000,
    gestureSourceType: 'mouse',
    preventFling: true,
  })
  return watchedFrames(page)
}

/** Drags the scroll bar from one end to the other in five seconds. @param {Page} page */
export async function drag(page) {
  await watchFrames(page)
  await page.evaluate(async (selector) => {
    const scroller = /** @type {HTMLElement} */ (document.querySelector(selector))
    const began = performance.now()
    for (let share = 0; share < 1; ) {
      share = Math.min(1, (performance.now() - began) / 5_000)
      scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * (1 - share)
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
  }, SCROLLER)
  return watchedFrames(page)
}
