import { add, mayInstall, missing, refresh } from './debian.mjs'

/** Firefox, and a sound device that nobody hears, without which it plays nothing. Debian's packages. */
const PACKAGES = ['firefox-esr', 'pulseaudio']

/** The tests that use it: they are skipped, with the reason, where it is missing. */
const USERS = ['e2e/firefox/', 'e2e/calls/calls-firefox']

/** @param {readonly string[]} files that are to be run */
export const needsFirefox = (files) => files.some((file) => USERS.some((user) => file.startsWith(user)))

/** Installs them where that is possible; tries no second time and fails nothing. Returns what is to be said. */
export async function provideFirefox() {
  if (!mayInstall()) return 'if it is installed'
  const wanted = await missing(PACKAGES)
  if (wanted.length === 0) return 'installed'
  await refresh()
  const { code } = await add(...wanted)
  return code === 0 ? 'installed' : `could not be installed: ${wanted.join(', ')}`
}
