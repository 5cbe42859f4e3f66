import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'

const PROGRAM = '/usr/bin/pulseaudio'

/**
 * A sound device that nobody hears, for programs with this `XDG_RUNTIME_DIR`: without any, Firefox plays nothing. Debian's `pulseaudio`;
 * undefined: it is not installed, or does not run here.
 */
export async function silentDevice(folder: string): Promise<ChildProcess | undefined> {
  if (!existsSync(PROGRAM)) return undefined
  const modules = ['module-native-protocol-unix', 'module-null-sink'].flatMap((name) => ['-L', name])
  const program = spawn(PROGRAM, ['--daemonize=no', '--exit-idle-time=-1', '--disable-shm', '-n', ...modules], {
    stdio: 'ignore',
    env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder },
  })
  const isThere = () => existsSync(join(folder, 'pulse', 'native'))
  await vi.waitFor(() => expect(isThere() || program.exitCode !== null).toBe(true))
  return isThere() ? program : undefined
}

/** Ends a program, and waits until it has. */
export async function ended(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return
  const exit = new Promise((resolve) => program.once('exit', resolve))
  program.kill()
  await exit
}
