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
/** Together they cover every theme, contrast and density; the page itself is light and cosy. */
const OTHER_LOOKS: readonly Look[] = [
  { theme: 'dark', contrast: '', density: 'cosy' },
  { theme: 'light', contrast: 'more', density: 'compact' },
  { theme: 'dark', contrast: 'more', density: 'cosy' },
]

/** The violations that axe finds in a part of the page. axe is injected into a page once: it is half a megabyte, and there are a hundred checks. */
async function violations(page: Page, part: string, options: axe.RunOptions, where = ''): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const found = await page.evaluate(
    async ([within, how]) => {
      // During a transition a colour matches neither theme.
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

/** Violations of WCAG 2.1 A and AA in a part of the page, in its current theme. */
export const problems = (page: Page, part = 'html'): Promise<string[]> => violations(page, part, WCAG)

/** Text with too little contrast in a part of the page, in its current theme. */
export const paleness = (page: Page, part = 'html', where = ''): Promise<string[]> =>
  violations(page, part, CONTRAST, where)

/** Checks everything in the current theme, and what a theme can change, colours and sizes, in the others. */
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

/** Sets the attributes of the page, and waits two frames for the changes to be drawn. */
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

/** A part of the screen passes axe; the whole screen is saved as a picture. */
export async function passesAxe(page: Page, screen: string, part: string): Promise<void> {
  const found = await problems(page, part)
  await shoot(page, screen)
  expect(found, screen).toEqual([])
}
