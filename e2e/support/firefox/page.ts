import { PATIENCE_MS } from '@beseda/testkit'

/** Keys without a sign of their own, as WebDriver names them. */
export const KEY = {
  Enter: '\uE007',
  Shift: '\uE008',
  Escape: '\uE00C',
  ArrowUp: '\uE013',
  ArrowDown: '\uE015',
} as const

/** WebDriver's input actions. */
export type Input =
  | {
      readonly type: 'key'
      readonly id: string
      readonly actions: readonly { type: 'keyDown' | 'keyUp'; value: string }[]
    }
  | {
      readonly type: 'pointer'
      readonly id: string
      readonly parameters: { readonly pointerType: 'mouse' }
      readonly actions: readonly (
        | { type: 'pointerMove'; x: number; y: number }
        | { type: 'pointerDown' | 'pointerUp'; button: 0 }
      )[]
    }

/** What a browser's own protocol does. */
export interface Tab {
  goto(url: string): Promise<void>
  /** Runs a function body in the page, as with a user gesture, and waits for what it returns; what is passed is JSON. */
  evaluate(body: string): Promise<string | undefined>
  act(inputs: readonly Input[]): Promise<void>
  /** Gives files to the `<input type="file">`. */
  setFiles(selector: string, paths: readonly string[]): Promise<void>
  reload(): Promise<void>
  close(): Promise<void>
}

/** What a person sees of an element: its name, as far as the product gives names. */
const NAMED = `(selector, name) => {
  const wanted = (text) => (name instanceof RegExp ? name.test(text) : text === name)
  const nameOf = (one) => (one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent).trim().replace(/\\s+/g, ' ')
  return [...document.querySelectorAll(selector)].find((one) => one.checkVisibility() && wanted(nameOf(one)))
}`

/**
 * Keeps a click that misses its element from the page. `endGuard()`: whether the element was clicked. Pressed is not clicked: an element that
 * moves away before the button is let go gets no `click`. What opens a menu acts when pressed, and what is no longer there has acted.
 */
const GUARD = `(selector, name) => {
  const kinds = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']
  const find = () => (${NAMED})(selector, name)
  const it = find()
  let pressed = false
  let clicked = false
  const look = (event) => {
    const within = it !== undefined && (it.contains(event.target) || event.target.contains(it))
    if (event.type === 'pointerdown') pressed = within
    if (event.type === 'click') clicked ||= pressed && it.contains(event.target)
    if (pressed) return
    event.preventDefault()
    event.stopImmediatePropagation()
  }
  for (const kind of kinds) addEventListener(kind, look, true)
  window.endGuard = () => {
    for (const kind of kinds) removeEventListener(kind, look, true)
    return clicked || (pressed && (it.ariaHasPopup !== null || find() === undefined))
  }
}`

const literal = (name: string | RegExp) => (typeof name === 'string' ? JSON.stringify(name) : String(name))

/**
 * A page of a browser that Playwright does not drive. It is pressed and typed into where a person would: what lies over a button gets the click,
 * and keys go where the focus is.
 */
export class DrivenPage {
  constructor(private readonly tab: Tab) {}

  goto = (url: string) => this.tab.goto(url)
  reload = () => this.tab.reload()
  close = () => this.tab.close()

  /** The value of an expression in the page; JSON. */
  async run<T>(expression: string): Promise<T> {
    const found = await this.tab.evaluate(`return JSON.stringify(await (${expression}))`)
    return (found === undefined ? undefined : JSON.parse(found)) as T
  }

  /** Waits until the expression is true in the page. Errors: not within PATIENCE_MS, with the expression and the text of the page. */
  async until(expression: string, what = expression): Promise<void> {
    await this.#awaited(expression, what)
  }

  /** The first value of the expression in the page that is true. */
  async #awaited<T>(expression: string, what: string): Promise<T> {
    const end = Date.now() + PATIENCE_MS
    while (Date.now() < end) {
      const found = await this.run<T | undefined>(`(async () => {
        const end = Date.now() + 5_000
        while (Date.now() < end) {
          const found = await (${expression})
          if (found) return found
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      })()`)
      if (found) return found
    }
    const shown = await this.run<string>(`document.body?.innerText.slice(0, 2_000) ?? ''`)
    throw new Error(`did not come: ${what}\nThe page shows:\n${shown}`)
  }

  /** Waits until the page shows the text. */
  sees = (text: string) => this.until(`document.body?.innerText.includes(${JSON.stringify(text)})`, `“${text}”`)
  /** Waits until the page no longer shows the text. */
  seesNo = (text: string) =>
    this.until(`document.body && !document.body.innerText.includes(${JSON.stringify(text)})`, `no “${text}”`)

  has = (selector: string, name: string | RegExp) =>
    this.run<boolean>(`(${NAMED})(${JSON.stringify(selector)}, ${literal(name)}) !== undefined`)

  /** Moves the pointer to the middle of it, once it stands still and nothing else lies there, and leaves it there. */
  async hover(selector: string, name: string | RegExp): Promise<{ x: number; y: number }> {
    const place = `(async () => {
      const find = () => {
        const it = (${NAMED})(${JSON.stringify(selector)}, ${literal(name)})
        it?.scrollIntoView({ block: 'nearest' })
        return { it, box: it?.getBoundingClientRect() }
      }
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
      const { box: before } = find()
      await frame()
      await frame()
      const { it, box } = find()
      if (!before || !box || ['left', 'top', 'width', 'height'].some((side) => before[side] !== box[side])) return undefined
      const [x, y] = [Math.floor(box.left + box.width / 2), Math.floor(box.top + box.height / 2)]
      const there = document.elementFromPoint(x, y)
      return there && (it.contains(there) || there.contains(it)) ? { x, y } : undefined
    })()`
    const found = await this.#awaited<{ x: number; y: number }>(place, `${selector} ${literal(name)}`)
    await this.#pointer([{ type: 'pointerMove', ...found }])
    return found
  }

  /** Clicks it. A click that would hit something else, since it moved meanwhile, is kept from the page and made again. */
  async click(selector: string, name: string | RegExp): Promise<void> {
    const end = Date.now() + PATIENCE_MS
    do {
      await this.hover(selector, name)
      await this.run(`(${GUARD})(${JSON.stringify(selector)}, ${literal(name)})`)
      await this.#pointer([
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ])
      if (await this.run<boolean>('window.endGuard()')) return
    } while (Date.now() < end)
    throw new Error(`it never stood still for a click: ${selector} ${literal(name)}`)
  }

  press = (name: string | RegExp) => this.click('button', name)

  /** Types into whatever has the focus. */
  type = (text: string) => this.#keys([...text].flatMap((sign) => [down(sign), up(sign)]))
  key = (key: string) => this.type(key)
  /** A key while another one is held. */
  chord = (held: string, key: string) => this.#keys([down(held), down(key), up(key), up(held)])
  setFiles = (selector: string, paths: readonly string[]) => this.tab.setFiles(selector, paths)

  #keys(actions: readonly { type: 'keyDown' | 'keyUp'; value: string }[]): Promise<void> {
    return this.tab.act([{ type: 'key', id: 'keyboard', actions }])
  }

  #pointer(actions: (Input & { type: 'pointer' })['actions']): Promise<void> {
    return this.tab.act([{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }])
  }
}

const down = (value: string) => ({ type: 'keyDown' as const, value })
const up = (value: string) => ({ type: 'keyUp' as const, value })
