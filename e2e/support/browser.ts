import { PATIENCE_MS } from '@beseda/testkit'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished, TestRunner } from 'vitest'
import { findChromium, findWholeChromium } from '../../tools/test/chromium.mjs'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // Five pictures a second are a picture: encoding twenty for each of four windows would keep two cores busy.
  '--use-fake-device-for-media-stream=fps=5',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // The TURN server of the tests is on this machine.
  '--allow-loopback-in-peer-connection',
]

interface BrowserOptions {
  /** Chromium itself, for what its headless shell cannot do: it takes two thirds more processor time. Without a shell all tests get it. */
  readonly whole?: boolean
  /** Makes another program of the browser's own, such as one that starts it on another host. */
  readonly wrap?: (program: string) => string
  readonly args?: readonly string[]
}

/**
 * Errors of the console that are no fault: of connections that tests cut, and of the last picture in Chromium's own queue of a track that ends,
 * which no reader can have; when it is told depends on its garbage collector.
 */
const EXPECTED = /WebSocket|ERR_CONNECTION|Failed to load resource|VideoFrame was garbage collected/

/** The browser that `npm test` provides. */
export function launchBrowser({ whole = false, wrap = (it) => it, args = [] }: BrowserOptions = {}): Promise<Browser> {
  const program = whole ? findWholeChromium() : findChromium()
  if (!program) throw new Error('Chromium was not found: npm test installs it, or says what to do')
  return chromium.launch({ executablePath: wrap(program), args: [...FLAGS, ...args] })
}

/** A browser for the tests of the file that calls this; `use` gets it before the first one. */
export function withBrowser(use: (browser: Browser) => void, options: BrowserOptions = {}): void {
  let browser: Browser | undefined
  beforeAll(async () => {
    browser = await launchBrowser(options)
    use(browser)
  })
  afterAll(() => browser?.close())
}

export interface Window {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors of the page's own scripts and console; a journey ends without any. */
  readonly errors: string[]
}

/** One person's browser: own storage, English, camera and microphone allowed. Closed with its test: an open page goes on working, and drawing. */
export async function openWindow(
  browser: Browser,
  baseURL: string,
  options: { locale?: string; phone?: boolean; colorScheme?: 'light' | 'dark' } = {},
): Promise<Window> {
  const context = await browser.newContext({
    baseURL,
    locale: options.locale ?? 'en-US',
    colorScheme: options.colorScheme ?? 'dark',
    viewport: options.phone ? { width: 360, height: 740 } : { width: 1280, height: 800 },
    hasTouch: options.phone ?? false,
    permissions: ['camera', 'microphone'],
    // What moves is drawn dozens of times, and waited for.
    reducedMotion: 'reduce',
  })
  if (TestRunner.getCurrentTest()) onTestFinished(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) errors.push(message.text())
  })
  return { page, context, errors }
}
