import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** Contrast of every pair of colours that is used together, after WCAG 2.2 (1.4.3, 1.4.6 and 1.4.11). */
const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

type Palette = ReadonlyMap<string, string>
/** Colours of the rule that begins with `selector`, light (0) or dark (1). */
function coloursOf(selector: string, night: 0 | 1): Palette {
  const start = css.indexOf(`\n${selector} {`)
  const body = css.slice(start, css.indexOf('\n}', start))
  const pairs = [...body.matchAll(/--([\w-]+): light-dark\((#\w{6,8}), (#\w{6,8})\);/g)]
  return new Map(pairs.map(([, name = '', day = '', dark = '']) => [name, night ? dark : day]))
}

/** Relative luminance of `#rrggbb` (WCAG 2.2, definition of the same name). */
function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
  const [r = 0, g = 0, b = 0] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

const GROUNDS = ['rail', 'panel', 'ground', 'raised', 'soft']
const TEXTS = ['ink', 'muted', 'accent', 'danger', 'amber']
const ON: readonly (readonly [string, string])[] = [
  ...GROUNDS.flatMap((ground) => TEXTS.map((text) => [text, ground] as const)),
  ['accent-ink', 'accent'],
  ['accent-ink', 'accent-strong'],
  ['danger-ink', 'danger'],
  ['amber-ink', 'amber'],
]
/** Non-text elements that show a control or a state: 3:1. */
const SHAPES: readonly (readonly [string, string])[] = ['rail', 'panel', 'ground', 'raised'].flatMap((ground) => [
  ['edge', ground] as const,
  ['online', ground] as const,
  ['away', ground] as const,
  ['accent', ground] as const,
])

const day = coloursOf(':root,\n[data-theme]', 0)
const night = coloursOf(':root,\n[data-theme]', 1)
const PALETTES = [
  { name: 'light', palette: day, text: 4.5 },
  { name: 'dark', palette: night, text: 4.5 },
  { name: 'light, more contrast', palette: coloursOf('[data-contrast="more"]', 0), text: 7 },
  { name: 'dark, more contrast', palette: coloursOf('[data-contrast="more"]', 1), text: 7 },
]

describe.each(PALETTES)('$name', ({ palette, text }) => {
  const between = (a: string, b: string) => contrast(palette.get(a) ?? '', palette.get(b) ?? '')
  test.each(ON)('%s on %s is readable', (ink, ground) => expect(between(ink, ground)).toBeGreaterThanOrEqual(text))
  test.each(SHAPES)('%s on %s is visible', (shape, ground) => expect(between(shape, ground)).toBeGreaterThanOrEqual(3))
  test('no colour is missing', () => expect([...palette.keys()]).toEqual([...day.keys()]))
})

test('every colour has a utility class, and every utility class a colour', () => {
  const utilities = [...css.matchAll(/--color-([\w-]+): var\(--([\w-]+)\);/g)]
  expect(new Set(utilities.map(([, name]) => name))).toEqual(new Set(day.keys()))
  for (const [, name, of] of utilities) expect(of).toBe(name)
})

test('the contrast of black and white is 21, of equal colours 1', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
  expect(contrast('#1a6b5d', '#1a6b5d')).toBe(1)
})
