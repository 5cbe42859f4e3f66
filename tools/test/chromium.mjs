import { existsSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { Advice } from '../lib/root.mjs'
import { lastLines } from '../lib/run.mjs'
import { add, mayInstall, missing, refresh } from './debian.mjs'

/** Chromium without what draws windows: the same pages for less processor time. Also the name of Debian's package, which not every release has. */
const SHELL = 'chromium-headless-shell'
const SHELLS = [SHELL, 'chrome-headless-shell']
const WHOLE = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** Where Debian has them, for a PATH that lacks it. */
const DEBIAN = '/usr/bin'
/** Fonts with Cyrillic and emoji, so that pages and screenshots show real glyphs; curl and jq run the examples of docs/api.md. */
const PACKAGES = ['chromium', 'fonts-dejavu-core', 'fonts-noto-color-emoji', 'curl', 'jq']

const isShell = (/** @type {string} */ program) => SHELLS.includes(basename(program))

/** @param {readonly string[]} names @param {NodeJS.ProcessEnv} env */
function onPath(names, env) {
  const folders = [...(env.PATH ?? '').split(delimiter).filter(Boolean), DEBIAN]
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file))
}

/** CHROMIUM or, without it, a headless shell, or a whole Chromium by one of its usual names. @param {NodeJS.ProcessEnv} env */
export function findChromium(env = process.env) {
  if (env.CHROMIUM) return existsSync(env.CHROMIUM) ? env.CHROMIUM : undefined
  return onPath([...SHELLS, ...WHOLE], env)
}

/** For what a headless shell cannot do: CHROMIUM, unless that is a shell, or one of the usual names. @param {NodeJS.ProcessEnv} env */
export function findWholeChromium(env = process.env) {
  if (!env.CHROMIUM || isShell(env.CHROMIUM)) return onPath(WHOLE, env)
  return findChromium(env)
}

/**
 * Finds both browsers; installs Debian's packages where that is possible. Returns what is to be said of the one that most tests use.
 * Errors: Advice when there is none.
 */
export async function provideChromium() {
  if (mayInstall() && !process.env.CHROMIUM) await install()
  const [found, whole] = [findChromium(), findWholeChromium()]
  if (!found || !whole) {
    throw new Advice('Chromium was not found: install it, or name its program in the variable CHROMIUM.')
  }
  return isShell(found) ? found : `${found} (a third faster with ${SHELL})`
}

/** Errors: Advice when Chromium could not be installed; without fonts and a headless shell tests only show and take something else. */
async function install() {
  const wanted = await missing(PACKAGES)
  const needed = findWholeChromium() ? wanted.filter((name) => name !== 'chromium') : wanted
  if (needed.length > 0) {
    await refresh()
    const { code, output } = await add(...needed)
    if (code !== 0 && !findWholeChromium()) {
      throw new Advice(`apt-get could not install Chromium:\n${lastLines(output, 5)}`)
    }
  }
  if (!isShell(findChromium() ?? '')) await add(SHELL)
}
