import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { shoot } from './shots.js'

/** A part of the screen passes axe (WCAG 2.1 A and AA); the whole is kept as a picture. */
export async function passesAxe(page: Page, screen: string, part: string): Promise<void> {
  const axe = new AxeBuilder({ page }).include(part).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
  const { violations } = await axe.analyze()
  const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
  await shoot(page, screen)
  expect(found, screen).toEqual([])
}
