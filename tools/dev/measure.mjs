import { readFile, writeFile } from 'node:fs/promises'
import { chromium } from 'playwright-core'
import { inRoot } from '../lib/root.mjs'
import { duration, say } from '../lib/terminal.mjs'
import { findChromium, provideChromium } from '../test/chromium.mjs'

const TIMES = 5
const PAGE = 'web/src/features/auth/SignIn.vue'
const SERVICE = 'services/identity/src/events.ts'
const SAID = 'Accounts registered.'

/**
 * Edits a screen and a service several times and prints the time until the page shows the edit and until the service answers with
 * it. Restores the files afterwards.
 * @param {{ url: string, healthPort: number, signal: AbortSignal }} place
 */
export async function measure({ url, healthPort, signal }) {
  await provideChromium()
  const browser = await chromium.launch({ executablePath: findChromium() ?? '', args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    await page.goto(`${url}/sign-in`)
    await page.waitForSelector('form')
    const shown = await edit(PAGE, signal, (text, at) => ({
      text: text.replace(/<\/template>\s*$/m, `<i id="edit-${at}"></i></template>\n`),
      seen: () => page.waitForSelector(`#edit-${at}`, { state: 'attached' }),
    }))
    say(`  a .vue file is seen after ${summary(shown)}`)
  } finally {
    await browser.close()
  }
  const answered = await edit(SERVICE, signal, (text, at) => ({
    text: text.replace(SAID, `${SAID} Edit ${at}.`),
    seen: () => answers(healthPort, `${SAID} Edit ${at}.`, signal),
  }))
  say(`  a service answers with it after ${summary(answered)}`)
}

/**
 * @param {string} file @param {AbortSignal} signal
 * @param {(text: string, at: number) => { text: string, seen: () => Promise<unknown> }} change @returns {Promise<number[]>} in ms
 */
async function edit(file, signal, change) {
  const before = await readFile(inRoot(file), 'utf8')
  const times = []
  try {
    for (let at = 1; at <= TIMES && !signal.aborted; at++) {
      const { text, seen } = change(before, at)
      if (text === before) throw new Error(`${file} no longer contains the text to edit: see tools/dev/measure.mjs`)
      const began = performance.now()
      await writeFile(inRoot(file), text)
      await seen()
      times.push(performance.now() - began)
    }
  } finally {
    await writeFile(inRoot(file), before)
  }
  return times
}

/** Waits until the service is ready and answers with the text. @param {number} port @param {string} text @param {AbortSignal} signal */
async function answers(port, text, signal) {
  for (;;) {
    signal.throwIfAborted()
    const [ready, metrics] = await Promise.all(
      ['health/ready', 'metrics'].map((path) =>
        fetch(`http://127.0.0.1:${port}/${path}`).then(
          async (response) => (response.ok ? await response.text() : undefined),
          () => undefined,
        ),
      ),
    )
    if (ready !== undefined && metrics?.includes(text)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** @param {readonly number[]} times */
function summary(times) {
  const sorted = times.toSorted((a, b) => a - b)
  return `${duration(sorted[Math.floor(sorted.length / 2)] ?? 0)} (median of ${times.length}; at most ${duration(sorted.at(-1) ?? 0)})`
}
