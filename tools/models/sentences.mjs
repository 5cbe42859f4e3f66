import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MODELS, must, requireHash } from './models.mjs'

/** A Russian voice of Debian (BSD-like): recorded sentences of A. Tolstoy's prose, with their texts. 179 MB, of which 20 sentences are kept. */
const PACKAGE = {
  name: 'festvox-ru',
  version: '0.5+dfsg-6',
  sha256: '21ef3f0f2978ecf2e2eddb367cb0ff4a72572196d28dc69feb84f4177af5e6c4',
}
const VOICE = ['usr', 'share', 'festival', 'voices', 'russian', 'msu_ru_nsh_clunits']
const SENTENCES = 20
export const RUSSIAN = join(MODELS, 'speech-ru')
export const RUSSIAN_TEXTS = join(RUSSIAN, 'txt.done.data')

/** The first sentences, and what is said in all of them. Errors: Advice, where there is no such package. */
export async function provideSentences() {
  if ((await readdir(RUSSIAN).catch(() => [])).includes('txt.done.data')) return
  const folder = await mkdtemp(join(tmpdir(), 'beseda-sentences-'))
  const ready = `${RUSSIAN}.new`
  try {
    await must('apt-get', ['download', `${PACKAGE.name}=${PACKAGE.version}`], { cwd: folder })
    const [file = ''] = await readdir(folder)
    requireHash(await readFile(join(folder, file)), PACKAGE.sha256, `${PACKAGE.name} ${PACKAGE.version}`)
    await must('dpkg', ['-x', join(folder, file), join(folder, 'in')])
    const voice = join(folder, 'in', ...VOICE)
    await rm(ready, { recursive: true, force: true })
    await mkdir(ready, { recursive: true })
    // Some numbers are missing.
    const recordings = (await readdir(join(voice, 'wav'))).toSorted((a, b) => a.localeCompare(b, 'en'))
    for (const name of recordings.slice(0, SENTENCES)) await cp(join(voice, 'wav', name), join(ready, name))
    await cp(join(voice, 'etc', 'txt.done.data'), join(ready, 'txt.done.data'))
    await rename(ready, RUSSIAN)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
