import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Advice } from '../lib/root.mjs'
import { lastLines, run } from '../lib/run.mjs'

const DEBIAN = '/usr/bin/chromium'
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** Fonts with Cyrillic and emoji, so that pages and screenshots show real glyphs; curl and jq run the examples of docs/api.md. */
const PACKAGES = ['chromium', 'fonts-dejavu-core', 'fonts-noto-color-emoji', 'curl', 'jq']

/** The installed browser: CHROMIUM, or one of its usual names on PATH. @param {NodeJS.ProcessEnv} env */
export function findChromium(env = process.env) {
  if (env.CHROMIUM) return existsSync(env.CHROMIUM) ? env.CHROMIUM : undefined
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean)
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [DEBIAN, ...onPath].find((file) => existsSync(file))
}

/** The browser's path; installs Debian's package where that is possible. Errors: Advice when there is none. */
export async function provideChromium() {
  const found = findChromium()
  if (found) return found
  const mayInstall = existsSync('/usr/bin/apt-get') && process.getuid?.() === 0
  if (!mayInstall || process.env.CHROMIUM) {
    throw new Advice('Chromium was not found: install it, or name its program in the variable CHROMIUM.')
  }
  const apt = (/** @type {string[]} */ ...args) => run('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive' } })
  await apt('update', '-qq')
  const { code, output } = await apt('install', '-y', '-qq', '--no-install-recommends', ...PACKAGES)
  if (code !== 0) throw new Advice(`apt-get could not install Chromium:\n${lastLines(output, 5)}`)
  return DEBIAN
}
