import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { shoot } from './shots.js'

const WCAG = {
  runOnly: { type: 'tag' as const, values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] },
  rules: { 'label-content-name-mismatch': { enabled: true } },
}
const CONTRAST = { runOnly: { type: 'rule' as const, values: ['color-contrast'] } }

type Look = Readonly<Record<'theme' | 'contrast' | 'density', string>>
/** Between them every theme, contrast and density; the page itself is light and cosy. */
const OTHER_LOOKS: readonly Look[] = [
  { theme: 'dark', contrast: '', density: 'cosy' },
  { theme: 'light', contrast: 'more', density: 'compact' },
  { theme: 'dark', contrast: 'more', density: 'cosy' },
]

/** What axe has against a part of the page. axe is put into a page once: it is half a megabyte, and there are a hundred looks. */
async function violations(page: Page, part: string, options: axe.RunOptions, where = ''): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const found = await page.evaluate(
    async ([within, how]) => {
      // A colour on its way to another is neither.
      const moving = document.getAnimations().filter(({ playState, effect }) => {
        return playState === 'running' && effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY
      })
      await Promise.allSettled(moving.map(({ finished }) => finished))
      const { axe: loaded } = window as unknown as { axe: typeof axe }
      const { violations: all } = await loaded.run(within, { ...how, resultTypes: ['violations'] })
      return all.flatMap(({ id, nodes }) => nodes.map(({ html }) => ({ id, html: html.slice(0, 160) })))
    },
    [part, options] as const,
  )
  return found.map(({ id, html }) => `${id}${where}: ${html}`)
}

/** What is against WCAG 2.1 A and AA in a part of the page, as it looks now. */
export const problems = (page: Page, part = 'html'): Promise<string[]> => violations(page, part, WCAG)

/** What cannot be read in a part of the page, as it looks now. */
export const paleness = (page: Page, part = 'html', where = ''): Promise<string[]> =>
  violations(page, part, CONTRAST, where)

/** Everything in the look of the page, and what another look can change, its colours and sizes, in the others. */
export async function problemsInEveryLook(page: Page, part = 'html'): Promise<string[]> {
  const found = await problems(page, part)
  const kept = await page.evaluate(() => ({ ...document.documentElement.dataset }))
  for (const look of OTHER_LOOKS) {
    await wear(page, look)
    found.push(...(await paleness(page, part, ` (${Object.values(look).join(' ')})`)))
  }
  await wear(page, kept)
  return found
}

/** Attributes of the page, and two frames for what they change to be drawn. */
async function wear(page: Page, look: Readonly<Record<string, string | undefined>>): Promise<void> {
  await page.evaluate(async (wanted) => {
    const { dataset } = document.documentElement
    for (const name of ['theme', 'contrast', 'density']) {
      if (wanted[name]) dataset[name] = wanted[name]
      else delete dataset[name]
    }
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
  }, look)
}

/** A part of the screen passes axe; the whole is kept as a picture. */
export async function passesAxe(page: Page, screen: string, part: string): Promise<void> {
  const found = await problems(page, part)
  await shoot(page, screen)
  expect(found, screen).toEqual([])
}
