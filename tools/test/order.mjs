import { BaseSequencer } from 'vitest/node'

/**
 * Files that take long for their size, which is all that Vitest knows of a file in a fresh clone. What is begun last is waited for by one
 * processor alone.
 */
export const LONG = [
  'services/letters',
  'services/calendar',
  'e2e/calls/recording',
  'web/src/features/calls/recording/own-recording',
  'e2e/machines/campaigns',
  'e2e/machines/chaos',
  'e2e/calls/calls-cut',
  'e2e/machines/image',
  'e2e/machines/kill',
  'e2e/machines/horizontal',
  'services/fuzz',
  'tools/admin/restore',
  'services/set-up',
  'services/operations',
  'libs/testkit/src/chaos/checker',
]

/** @param {string} path */
const isLong = (path) => LONG.some((name) => path.includes(`/${name}.`))

/** LONG, then the others; otherwise as they were. @template {{ moduleId: string }} File @param {readonly File[]} files @returns {File[]} */
export const longFirst = (files) => [
  ...files.filter(({ moduleId }) => isLong(moduleId)),
  ...files.filter(({ moduleId }) => !isLong(moduleId)),
]

/** The order of Vitest, the longest of its last run first or, without one, the largest, with LONG at its head. */
export default class LongestFirst extends BaseSequencer {
  /** @override @param {import('vitest/node').TestSpecification[]} files */
  async sort(files) {
    return longFirst(await super.sort(files))
  }
}
