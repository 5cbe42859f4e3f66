import { readFileSync } from 'node:fs'
import { inRoot } from '../lib/root.mjs'

/** One stage of the Dockerfile. */
/** @typedef {{ from: string, steps: { name: string, value: string }[] }} Stage */

/** Parses the stages of the repository's Dockerfile; supports only the syntax used there. @returns {Stage[]} */
export function readDockerfile() {
  const lines = readFileSync(inRoot('Dockerfile'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  /** @type {Stage[]} */
  const stages = []
  let base = ''
  for (const line of lines) {
    const [, name = '', value = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    if (name === 'FROM') stages.push({ from: value.replace(/\$\{BASE\}/, base), steps: [] })
    else if (stages.length === 0 && value.startsWith('BASE=')) base = value.slice('BASE='.length)
    else stages.at(-1)?.steps.push({ name, value })
  }
  return stages
}

/** Values of all steps of a kind. @param {Stage | undefined} stage @param {string} name */
export const stepsOf = (stage, name) =>
  (stage?.steps ?? []).filter((step) => step.name === name).map(({ value }) => value)
