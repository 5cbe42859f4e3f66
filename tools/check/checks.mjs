import { globSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { buildClient, generate } from '../lib/build.mjs'
import { inRoot, ROOT } from '../lib/root.mjs'
import { lastLines, run } from '../lib/run.mjs'
import { contractBaselines } from './baseline.mjs'
import { checkBudget } from './budget.mjs'
import { callsIn, hardCodedIn } from './hardcoded.mjs'
import { policyProblems } from './policies.mjs'
import { flatten, readTranslations, translationProblems } from './translations.mjs'
import { unusedKeys } from './unused.mjs'

/** `run` throws the problems; what it returns is shown beside the tick. */
/** @typedef {{ name: string, run: () => Promise<string | void> }} Check */

const PROTO = inRoot('proto')

/** @param {string} command @param {readonly string[]} args @param {string} [cwd] */
async function pass(command, args, cwd) {
  const { code, output } = await run(command, args, cwd ? { cwd } : {})
  if (code !== 0) throw new Error(lastLines(output, 80))
}

/** @param {readonly string[]} problems */
function none(problems) {
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

async function breaking() {
  const baselines = await contractBaselines()
  for (const baseline of baselines)
    await pass('buf', ['breaking', '--against', `../.git#ref=${baseline},subdir=proto`], PROTO)
  return baselines.length > 0 ? `against ${baselines.map((hash) => hash.slice(0, 12)).join(', ')}` : 'no baseline'
}

async function policies() {
  const { code, output } = await run('buf', ['build', '--as-file-descriptor-set', '-o', '-#format=json'], {
    cwd: PROTO,
  })
  if (code !== 0) throw new Error(lastLines(output))
  none(policyProblems(JSON.parse(output)))
}

/** Sources of the web client except its translations. */
function webSources() {
  return globSync(inRoot('web/src/**/*.{ts,vue}'))
    .filter((file) => !/\.spec\.ts$|[\\/]i18n[\\/](en|ru)/.test(file))
    .map((file) => ({ file: relative(ROOT, file), source: readFileSync(file, 'utf8') }))
}

async function translations() {
  const all = await readTranslations()
  const keys = [...new Set(Object.values(all).flatMap((sentences) => flatten(sentences).map(([key]) => key)))]
  const unused = unusedKeys(
    keys,
    webSources().map(({ source }) => source),
  )
  none([...translationProblems(all), ...unused.map((key) => `${key} is said nowhere`)])
}

/** The component gallery is for developers, in English. */
const FOR_BUILDERS = /features[\\/]dev[\\/]/
async function hardCoded() {
  const files = webSources().filter(({ file }) => !FOR_BUILDERS.test(file))
  none(
    files.flatMap(({ file, source }) =>
      (file.endsWith('.vue') ? hardCodedIn(source) : callsIn(source)).map(
        ({ line, text }) => `${file}:${line} says "${text}" in one language only`,
      ),
    ),
  )
}

/** Builds the web client alone: types and services do not affect its size. */
async function budget() {
  await buildClient()
  const { problems, note } = checkBudget()
  none(problems)
  return note
}

/** What the others need. @type {Check} */
export const FIRST = { name: 'generated code', run: generate }

/** One lane for each of two cores: within a lane one after another, because the web client needs built types. @type {readonly (readonly Check[])[]} */
export const LANES = [
  [
    { name: 'types (tsc)', run: () => pass('tsc', ['-b', '--pretty', 'false']) },
    { name: 'types of the web client (vue-tsc)', run: () => pass('vue-tsc', ['--noEmit'], inRoot('web')) },
    {
      name: 'types of the service worker (tsc)',
      run: () => pass('tsc', ['-p', 'tsconfig.sw.json', '--noEmit', '--pretty', 'false'], inRoot('web')),
    },
    {
      name: 'types of tests and tools (tsc)',
      run: () => pass('tsc', ['-p', 'tsconfig.spec.json', '--pretty', 'false']),
    },
  ],
  [
    { name: 'format, lint, purity (biome)', run: () => pass('biome', ['ci', '--colors=off', '.']) },
    { name: 'contracts (buf lint)', run: () => pass('buf', ['lint'], PROTO) },
    { name: 'compatibility (buf breaking)', run: breaking },
    { name: 'policies of the RPCs', run: policies },
    { name: 'translations', run: translations },
    { name: 'no sentence in one language only', run: hardCoded },
    { name: 'size of the first load', run: budget },
    { name: 'dead code (knip)', run: () => pass('knip', ['--no-progress']) },
  ],
]
