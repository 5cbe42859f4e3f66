import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { START_MS } from '@beseda/testkit'
import { onTestFinished } from 'vitest'
import { readDockerfile, stepsOf } from '../../tools/image/dockerfile.mjs'
import { inRoot, NODE } from '../../tools/lib/root.mjs'

/** The Dockerfile's own steps after the build, with a folder of this machine for its `/image`. */
export function runImageSteps(folder: string): void {
  const [build] = readDockerfile()
  const runs = stepsOf(build, 'RUN')
  const assembled = runs.findIndex((step) => step.includes('tools/image/assemble.mjs'))
  if (assembled < 0) throw new Error('the Dockerfile does not assemble an image')
  const env = { ...process.env, PATH: `${dirname(NODE)}:${process.env.PATH}` }
  const shell = (script: string, cwd: string) => execFileSync('sh', ['-ec', script], { cwd, env, stdio: 'pipe' })
  shell(runs[assembled]?.replace(/ \/image$/, ` ${folder}`) ?? '', inRoot())
  for (const step of runs.slice(assembled + 1)) shell(step, folder)
}

export interface ImageProcess {
  readonly name: string
  stop(): Promise<number | null>
}

interface Start {
  readonly name: string
  readonly folder: string
  readonly program: string
  readonly env: Record<string, string>
  /** How Node is started; the gateway needs a newer glibc than some hosts have. */
  readonly node?: { readonly command: string; readonly args: readonly string[]; readonly env: Record<string, string> }
}

/** Starts like the image's ENTRYPOINT: resolves when `/health/ready` is OK. */
export async function startFromImage({ name, folder, program, env, node }: Start): Promise<ImageProcess> {
  const { command, args, env: more } = node ?? { command: NODE, args: [], env: {} }
  const child = spawn(
    command,
    [...args, '--enable-source-maps', '--import', '@beseda/platform/telemetry', join(folder, program)],
    {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', LOG_LEVEL: 'warn', ...more, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  // One that does not start must not leave the others running.
  onTestFinished(() => void child.kill('SIGKILL'))
  const deadline = Date.now() + START_MS
  const ready = async () => (await fetch(`http://127.0.0.1:${env.HEALTH_PORT}/health/ready`).catch(() => undefined))?.ok
  while (!(await ready())) {
    if (child.exitCode !== null) throw new Error(`${name} ended at once:\n${output}`)
    if (Date.now() > deadline) throw new Error(`${name} is not ready:\n${output}`)
    await wait(50)
  }
  const stop = () => {
    child.kill('SIGTERM')
    return ended
  }
  return { name, stop }
}
