import { generate } from '../lib/build.mjs'
import { inRoot } from '../lib/root.mjs'
import { lastLines, run } from '../lib/run.mjs'
import { contractBaseline } from './baseline.mjs'
import { policyProblems } from './policies.mjs'
import { readTranslations, translationProblems } from './translations.mjs'

/** `run` throws what is wrong; what it returns is shown beside the tick. */
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
  const baseline = await contractBaseline()
  if (!baseline) return 'no baseline yet'
  await pass('buf', ['breaking', '--against', `../.git#ref=${baseline},subdir=proto`], PROTO)
  return `against ${baseline.slice(0, 12)}`
}

async function policies() {
  const { code, output } = await run('buf', ['build', '--as-file-descriptor-set', '-o', '-#format=json'], {
    cwd: PROTO,
  })
  if (code !== 0) throw new Error(lastLines(output))
  none(policyProblems(JSON.parse(output)))
}

/** In this order: what is generated is needed by the types, and built types by the web client. @type {readonly Check[]} */
export const CHECKS = [
  { name: 'generated code', run: generate },
  { name: 'format, lint, purity (biome)', run: () => pass('biome', ['ci', '--colors=off', '.']) },
  { name: 'types (tsc)', run: () => pass('tsc', ['-b', '--pretty', 'false']) },
  { name: 'types of tests and tools (tsc)', run: () => pass('tsc', ['-p', 'tsconfig.spec.json', '--pretty', 'false']) },
  { name: 'types of the web client (vue-tsc)', run: () => pass('vue-tsc', ['--noEmit'], inRoot('web')) },
  {
    name: 'types of the service worker (tsc)',
    run: () => pass('tsc', ['-p', 'tsconfig.sw.json', '--noEmit', '--pretty', 'false'], inRoot('web')),
  },
  { name: 'contracts (buf lint)', run: () => pass('buf', ['lint'], PROTO) },
  { name: 'compatibility (buf breaking)', run: breaking },
  { name: 'policies of the RPCs', run: policies },
  { name: 'translations', run: async () => none(translationProblems(await readTranslations())) },
  { name: 'dead code (knip)', run: () => pass('knip', ['--no-progress']) },
]
