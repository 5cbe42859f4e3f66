import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DrivenPage, type Input, type Tab } from './page.js'
import { ended, silentDevice } from './programs.js'

const PROGRAM = process.env.FIREFOX ?? '/usr/bin/firefox-esr'
/** Debian's package, or the program in FIREFOX. */
export const hasFirefox = existsSync(PROGRAM)
export const NO_FIREFOX = 'Firefox is not installed: Debian’s firefox-esr, or the program in FIREFOX'

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
  'intl.accept_languages': 'en-US',
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
type Send = (method: string, params: Record<string, unknown>) => Promise<Record<string, unknown>>

/** Debian's Firefox, driven over WebDriver BiDi, which it supports itself. */
export class Firefox {
  #last = 0
  readonly #open = new Map<number, (answer: Answer) => void>()

  private constructor(
    private readonly programs: readonly ChildProcess[],
    private readonly socket: WebSocket,
    private readonly folder: string,
    /** Whether there is a sound device, without which it plays nothing. */
    readonly hasSound: boolean,
  ) {
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer
      if (answer.id !== undefined) this.#open.get(answer.id)?.(answer)
    }
  }

  /** `program`: another one that starts Firefox, such as on another host. */
  static async start(program = PROGRAM): Promise<Firefox> {
    const folder = mkdtempSync(join(tmpdir(), 'beseda-firefox-'))
    const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`)
    writeFileSync(join(folder, 'user.js'), lines.join('\n'))
    const sound = await silentDevice(folder)
    const child = spawn(
      program,
      ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0', 'about:blank'],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder, MOZ_CRASHREPORTER_DISABLE: '1' },
      },
    )
    const address = await new Promise<string>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`Firefox ended with ${code}`)))
      createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
        const found = /WebDriver BiDi listening on (ws:\S+)/.exec(line)
        if (found?.[1]) resolve(found[1])
      })
    })
    const socket = new WebSocket(`${address}/session`)
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = reject
    })
    const firefox = new Firefox(sound ? [child, sound] : [child], socket, folder, sound !== undefined)
    await firefox.#send('session.new', { capabilities: {} })
    return firefox
  }

  /** Runs in every page from now on, before the page's own scripts. */
  async before(functionDeclaration: string): Promise<void> {
    await this.#send('script.addPreloadScript', { functionDeclaration })
  }

  /** Another tab of the same profile. */
  async open(): Promise<DrivenPage> {
    const { context } = (await this.#send('browsingContext.create', { type: 'tab' })) as { context: string }
    return new DrivenPage(new FirefoxTab(this.#send, context))
  }

  async stop(): Promise<void> {
    this.socket.close()
    await Promise.all(this.programs.map(ended))
    rmSync(this.folder, { recursive: true, force: true })
  }

  readonly #send: Send = (method, params) => {
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

class FirefoxTab implements Tab {
  constructor(
    private readonly send: Send,
    private readonly context: string,
  ) {}

  async goto(url: string): Promise<void> {
    await this.send('browsingContext.navigate', { context: this.context, url, wait: 'complete' })
  }

  async evaluate(body: string): Promise<string | undefined> {
    const answer = await this.#script(`(async () => { ${body} })()`)
    return (answer as { value?: string }).value
  }

  async act(actions: readonly Input[]): Promise<void> {
    await this.send('input.performActions', { context: this.context, actions })
  }

  async setFiles(selector: string, files: readonly string[]): Promise<void> {
    const element = await this.#script(`document.querySelector(${JSON.stringify(selector)})`)
    await this.send('input.setFiles', { context: this.context, element, files })
  }

  async reload(): Promise<void> {
    await this.send('browsingContext.reload', { context: this.context, wait: 'complete' })
  }

  async close(): Promise<void> {
    await this.send('browsingContext.close', { context: this.context })
  }

  async #script(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.send('script.evaluate', {
      expression,
      target: { context: this.context },
      awaitPromise: true,
      userActivation: true,
    })) as { result?: unknown; exceptionDetails?: { text: string } }
    if (exceptionDetails) throw new Error(exceptionDetails.text)
    return result
  }
}
