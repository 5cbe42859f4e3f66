/** @typedef {import('playwright-core').Page} Page */

/** Records the time from each key and click to the paint of its result, as browsers measure it. @param {Page} page */
const watchInteractions = (page) =>
  page.evaluate(() => {
    const longest = /** @type {Record<number, number>} */ ({})
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { interactionId = 0, duration } = /** @type {PerformanceEventTiming} */ (entry)
        if (interactionId > 0) longest[interactionId] = Math.max(longest[interactionId] ?? 0, duration)
      }
    }).observe(/** @type {PerformanceObserverInit} */ ({ type: 'event', durationThreshold: 16, buffered: false }))
    Object.assign(window, { longest })
  })

/**
 * A person uses the conversation: writes, opens and closes menus, scrolls, moves through the messages. Browsers do not report interactions under
 * 16 ms; they count as 16.
 * @param {Page} page
 */
export async function interact(page) {
  const field = page.getByRole('textbox', { name: 'Message' })
  const count = () =>
    page.evaluate(() =>
      Number(document.querySelector('[role=log] [data-index]:last-child')?.getAttribute('data-index')),
    )
  const before = await count()
  await watchInteractions(page)
  let made = 0
  for (let round = 0; round < 4; round++) {
    const words = 'nobody waits for a letter to appear '
    await field.click()
    await field.pressSequentially(words, { delay: 40 })
    await page.getByRole('button', { name: 'Emoji', exact: true }).click()
    await page.getByRole('searchbox', { name: 'Search emoji' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Members' }).click()
    await page.getByRole('button', { name: 'Members' }).click()
    await field.focus()
    for (let i = 0; i < 12; i++) await page.keyboard.press('Backspace', { delay: 30 })
    made += 1 + words.length + 2 + 2 + 12
  }
  await page.waitForTimeout(500)
  const seen = await page.evaluate(() =>
    Object.values(/** @type {{ longest: Record<number, number> }} */ (/** @type {unknown} */ (window)).longest),
  )
  if (seen.length > made) throw new Error(`${seen.length} interactions were seen, and only ${made} were made`)
  const unseen = Array.from({ length: made - seen.length }, () => 16)
  return { interactions: [...seen, ...unseen], arrived: (await count()) - before }
}
