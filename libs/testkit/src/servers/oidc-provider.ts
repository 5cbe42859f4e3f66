import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../ports.js'

const SCRIPT = fileURLToPath(new URL('../../oidc-provider.mjs', import.meta.url))
const HOPS = 20

/** An identity provider in its own process. */
export class TestOidcProvider {
  #child: ChildProcess | undefined
  #redirectUri = ''

  private constructor(
    private readonly port: number,
    private readonly groupsFile: string,
  ) {}

  /** A provider that is not started yet; its address is known. Everybody is in the group `staff`. */
  static async prepare(): Promise<TestOidcProvider> {
    const provider = new TestOidcProvider(
      await freePort(),
      join(await mkdtemp(join(tmpdir(), 'beseda-oidc-')), 'groups'),
    )
    await provider.put({})
    return provider
  }

  /** In which groups people are, by login. */
  async put(groups: Readonly<Record<string, readonly string[]>>): Promise<void> {
    await writeFile(this.groupsFile, JSON.stringify(groups))
  }

  /** `publicUrl`: public URL of the installation. */
  async start(publicUrl: string): Promise<void> {
    this.#redirectUri = new URL('/sign-in/done', publicUrl).href
    await this.#spawn()
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Writes the file for OIDC_PROVIDERS_FILE. `groups`: what they mean. */
  async configure(file: string, groups?: Readonly<Record<string, unknown>>): Promise<void> {
    const { issuer } = this
    const entry = { id: 'test', name: 'Test Works', issuer, clientId: 'beseda', clientSecret: 'a secret of the tests' }
    await writeFile(file, JSON.stringify([groups ? { ...entry, scope: 'openid profile email groups', groups } : entry]))
  }

  /** With other keys. */
  async restart(): Promise<void> {
    await this.stop()
    await this.#spawn()
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill()
    await gone
  }

  /** The steps of a person in the browser: signs in as `login`, consents, and is redirected. Returns the redirect address. */
  async authorize(authorizationUrl: string, login: string): Promise<URL> {
    const cookies = new Map<string, string>()
    const go = async (url: string, form?: Record<string, string>) => {
      const answer = await fetch(url, {
        method: form ? 'POST' : 'GET',
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(form ? { body: new URLSearchParams(form) } : {}),
      })
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        cookies.set(name, value)
      }
      return { location: answer.headers.get('location'), text: await answer.text() }
    }
    let url = authorizationUrl
    let answer = await go(url)
    for (let hop = 0; hop < HOPS; hop++) {
      if (answer.location) {
        url = new URL(answer.location, url).href
        if (url.startsWith(this.#redirectUri)) return new URL(url)
        answer = await go(url)
        continue
      }
      const [, prompt = ''] = /name="prompt" value="(\w+)"/.exec(answer.text) ?? []
      answer = await go(url, { prompt, login, password: 'x' })
    }
    throw new Error(`the provider did not send ${login} back; it ended at ${url}`)
  }

  async #spawn(): Promise<void> {
    const child = spawn(process.execPath, [SCRIPT, String(this.port), this.#redirectUri, this.groupsFile], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    this.#child = child
    const ended = once(child, 'exit').then(() => {
      throw new Error('the identity provider did not start')
    })
    await Promise.race([once(child.stdout, 'data'), ended])
    ended.catch(() => undefined)
  }
}
