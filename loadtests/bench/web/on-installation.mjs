import { Installation } from '@beseda/testkit'
import { assertLoopback } from '../../loopback.mjs'

/**
 * Measures what runs at this address of this machine, or an installation of its own that is stopped afterwards, also by Ctrl+C.
 * @param {string | undefined} url @param {(url: string) => Promise<void>} measure
 */
export async function onInstallation(url, measure) {
  if (url !== undefined) {
    assertLoopback(url)
    return measure(url)
  }
  const installation = await Installation.start()
  const stop = () => void installation.stop().finally(() => process.exit(1))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
  try {
    await measure(installation.url)
  } finally {
    await installation.stop()
  }
}
