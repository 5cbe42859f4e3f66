import { lastLines, run } from '../lib/run.mjs'
import { planLogSetup } from './plan.mjs'

/** Creates the missing streams and buckets of the log. @param {import('./plan.mjs').Place} place */
export async function setUpLog(place) {
  const { command, args, env } = planLogSetup(place)
  const { code, output } = await run(command, args, { env })
  if (code !== 0) throw new Error(`the log could not be set up:\n${lastLines(output)}`)
}
