import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Licences whose text has to travel with the program, or whose source has to be named (LGPL, MPL): all texts are taken. */
const TEXT = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i

/** The licence texts of everything that is installed in production, by the lock file. @param {string} root @returns {Promise<string>} */
export async function notices(root) {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))
  const parts = []
  for (const [folder, { dev, link, version, license, optional }] of Object.entries(packages)) {
    if (dev || link || !folder.includes('node_modules/')) continue
    const names = await readdir(join(root, folder)).catch(() => undefined)
    // Made for another system.
    if (!names && optional) continue
    if (!names) throw new Error(`${folder} is not installed.`)
    const texts = await Promise.all(
      names.filter((name) => TEXT.test(name)).map((name) => readFile(join(root, folder, name), 'utf8')),
    )
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const text = texts.join('\n').trim() || `The package has no text of its licence: ${standardTexts(license)}`
    const source = /LGPL|MPL|GPL/.test(license ?? '')
      ? `\nIts source: https://www.npmjs.com/package/${name}/v/${version}`
      : ''
    parts.push(`${name} ${version} (${license ?? 'licence not stated'})${source}\n\n${text}\n`)
  }
  return parts.join(`\n${'-'.repeat(80)}\n\n`)
}

/** Where the standard text of a licence is. @param {string | undefined} license as SPDX has it */
const standardTexts = (license = '') =>
  (license.match(/[A-Za-z0-9.-]+/g) ?? [])
    .filter((word) => !/^(AND|OR|WITH)$/.test(word))
    .map((id) => `https://spdx.org/licenses/${id}.html`)
    .join(' ')
