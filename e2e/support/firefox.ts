import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PATIENCE_MS } from '@beseda/testkit'

const PROGRAM = process.env.FIREFOX ?? '/usr/bin/firefox-esr'
/** Debian's package, or the program in FIREFOX. */
export const hasFirefox = existsSync(PROGRAM)

/** A fake camera and microphone, permissions without a prompt, and connections within this machine. */
const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.getusermedia.insecure.enabled': true,
  'media.devices.insecure.enabled': true,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.enabled': false,
}

interface Answer {
  readonly id?: number
  readonly type?: string
  readonly error?: string
  readonly message?: string
  readonly result?: Record<string, unknown>
}

/** Debian's Firefox, driven over WebDriver BiDi, which it supports itself. */
export class Firefox {
  #last = 0
  readonly #open = new Map<number, (answer: Answer) => void>()

  private constructor(
    private readonly program: ChildProcess,
    private readonly socket: WebSocket,
    private readonly folder: string,
    private context: string,
  ) {
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer
      if (answer.id !== undefined) this.#open.get(answer.id)?.(answer)
    }
  }

  static async start(): Promise<Firefox> {
    const folder = mkdtempSync(join(tmpdir(), 'beseda-firefox-'))
    const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`)
    writeFileSync(join(folder, 'user.js'), lines.join('\n'))
    const program = spawn(
      PROGRAM,
      ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0', 'about:blank'],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: folder, MOZ_CRASHREPORTER_DISABLE: '1' } },
    )
    const address = await new Promise<string>((resolve, reject) => {
      program.once('error', reject)
      program.once('exit', (code) => reject(new Error(`Firefox ended with ${code}`)))
      createInterface({ input: program.stderr as NodeJS.ReadableStream }).on('line', (line) => {
        const found = /WebDriver BiDi listening on (ws:\S+)/.exec(line)
        if (found?.[1]) resolve(found[1])
      })
    })
    const socket = new WebSocket(`${address}/session`)
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = reject
    })
    const firefox = new Firefox(program, socket, folder, '')
    await firefox.#send('session.new', { capabilities: {} })
    const { contexts } = (await firefox.#send('browsingContext.getTree', {})) as { contexts: { context: string }[] }
    firefox.context = contexts[0]?.context ?? ''
    return firefox
  }

  /** Runs in every page from now on, before the page's own scripts. */
  async before(functionDeclaration: string): Promise<void> {
    await this.#send('script.addPreloadScript', { functionDeclaration })
  }

  async goto(url: string): Promise<void> {
    await this.#send('browsingContext.navigate', { context: this.context, url, wait: 'complete' })
  }

  /** Runs in the page, as with a user gesture; the result is JSON. */
  async run<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.#send('script.evaluate', {
      expression: `Promise.resolve((async () => JSON.stringify(await (${expression})))())`,
      target: { context: this.context },
      awaitPromise: true,
      userActivation: true,
    })) as { result?: { value?: string }; exceptionDetails?: { text: string } }
    if (exceptionDetails) throw new Error(exceptionDetails.text)
    return (result?.value === undefined ? undefined : JSON.parse(result.value)) as T
  }

  /** Waits until the expression is true in the page. */
  async until(expression: string, ms = PATIENCE_MS): Promise<void> {
    const done = await this.run<boolean>(`new Promise((resolve) => {
      const end = Date.now() + ${ms}
      const look = async () => {
        if (await (${expression})) resolve(true)
        else if (Date.now() > end) resolve(false)
        else setTimeout(look, 100)
      }
      void look()
    })`)
    if (!done) throw new Error(`not true within ${ms} ms: ${expression}`)
  }

  /** Clicks the button of that name, once it exists. */
  async press(name: string): Promise<void> {
    const button = `[...document.querySelectorAll('button')].find((one) =>
      (one.getAttribute('aria-label') ?? one.textContent.trim()) === ${JSON.stringify(name)})`
    await this.until(`${button} !== undefined`)
    await this.run(`(${button}).click()`)
  }

  async stop(): Promise<void> {
    this.socket.close()
    const ended = new Promise((resolve) => this.program.once('exit', resolve))
    this.program.kill()
    await ended
    rmSync(this.folder, { recursive: true, force: true })
  }

  #send(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      this.#open.set(id, ({ type, error, message, result }) => {
        this.#open.delete(id)
        if (type === 'error' || error) reject(new Error(`${method}: ${error}: ${message}`))
        else resolve(result ?? {})
      })
      this.socket.send(JSON.stringify({ id, method, params }))
    })
  }
}
