import { createPinia } from 'pinia'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createApp, h } from 'vue'
import { allWords } from '../../../i18n/index.js'
import MarkdownText from './MarkdownText.js'

let unmount: () => void = () => undefined
beforeAll(allWords)
afterEach(() => unmount())

/** The rendered text. */
function shown(text: string): HTMLElement {
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({ render: () => h(MarkdownText, { text }) })
  app.use(createPinia()).mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  return place
}

describe('markdown', () => {
  test('renders bold, italics, code, quotes, lists and links', () => {
    const page = shown('**b** *i* ~~d~~ `c`\n> quote\n\n- one\n- two\n\nhttps://example.org')
    for (const tag of ['strong', 'em', 'del', 'code', 'blockquote', 'li', 'a'])
      expect(page.querySelector(tag), tag).not.toBeNull()
    expect(page.querySelector('a')?.rel).toContain('noopener')
  })

  test('never becomes HTML, and links lead to pages only', () => {
    const page = shown('<img src=x onerror=alert(1)> <b>no</b> [x](javascript:alert(1)) [y](data:text/html,x)')
    expect(page.querySelector('img, b, a')).toBeNull()
    expect(page.textContent).toContain('<img src=x onerror=alert(1)>')
  })

  test('hides a spoiler until it is clicked', async () => {
    const page = shown('the end: ||he **did** it||')
    const spoiler = page.querySelector<HTMLElement>('[role=button]')
    expect(spoiler?.getAttribute('aria-label')).toBe('Spoiler – show')
    spoiler?.click()
    await Promise.resolve()
    expect(page.querySelector('[role=button]')).toBeNull()
    expect(page.querySelector('strong')?.textContent).toBe('did')
  })

  test('shows code as it was written, and highlights it without moving anything', async () => {
    const page = shown('```ts\nconst answer = 42 // known\n```\n```nolang\n<b>as it is</b>\n```')
    const [code, other] = page.querySelectorAll('figure')
    const height = code?.getBoundingClientRect().height
    expect(code?.querySelector('pre')?.getAttribute('aria-label')).toBe('Code in ts')
    const keyword = () => code?.querySelector('.hljs-keyword')?.textContent
    await expect.poll(keyword).toBe('const')
    expect(code?.querySelector('.hljs-number')?.textContent).toBe('42')
    expect(code?.querySelector('code')?.textContent).toBe('const answer = 42 // known')
    expect(code?.getBoundingClientRect().height).toBe(height)
    expect(other?.querySelector('code')?.innerHTML).toBe('&lt;b&gt;as it is&lt;/b&gt;')
  })

  test('shows code with long runs of one character as it was written', () => {
    const banner = `/${'*'.repeat(40)}/`
    const page = shown(`\`\`\`\n${banner}\n\`\`\`\nand \`${'_'.repeat(20)}\``)
    expect([...page.querySelectorAll('code')].map(({ textContent }) => textContent)).toEqual([banner, '_'.repeat(20)])
  })

  test('shows mentions by name', () => {
    expect(shown('hi <@all>!').textContent).toBe('hi @all!')
  })

  test.each([
    ['quotes in quotes', '>'.repeat(3_999)],
    ['brackets', '['.repeat(3_999)],
    ['stars', '*a '.repeat(1_333)],
    ['stars in a row', '*'.repeat(3_999)],
    [
      'lists in lists',
      Array.from({ length: 100 }, (_, i) => `${' '.repeat(i)}- x`)
        .join('\n')
        .slice(0, 4_000),
    ],
    ['links that never close', '[a]('.repeat(999)],
    ['back ticks', '`a``b```c'.repeat(440)],
    ['spoilers', '||a'.repeat(1_333)],
  ])('withstands %s', (_, text) => {
    expect(shown(text).textContent?.length).toBeGreaterThan(0)
  })
})
