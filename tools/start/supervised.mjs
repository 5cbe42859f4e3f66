import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, statSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ROOT } from '../lib/root.mjs'
import { environment } from '../lib/run.mjs'
import { MOST_LOG_BYTES, olderOf, rotate } from './log-files.mjs'

const PROBE_EVERY_MS = 100
/** How often a process that runs is asked whether it must be restarted. */
const LOOK_EVERY_MS = 5_000
/** A process that ends this many times without becoming ready is given up. */
const TRIES = 3
/** A slow machine that starts ten processes at once takes minutes; one that ends is not waited for. */
const READY_WITHIN_MS = 300_000
/** After SIGTERM: the time that a service may take to finish its work. */
export const STOP_WITHIN_MS = 12_000
const TAIL_BYTES = 8_000

/** Delay before the next start, by the number of consecutive failures. @param {number} failures from 1 */
export const restartDelay = (failures) => Math.min(250 * 2 ** (failures - 1), 10_000)

/** A process that ran for this long resets the count of failures. */
const STEADY_MS = 30_000

/** Events for the launcher. */
/** @typedef {{ began(pid: number): void, ended(pid: number): void, note(text: string): void }} Observer */

/** A process that is restarted when it dies, until it is stopped. */
export class Supervised {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child
  #stopping = new AbortController()
  #failures = 0
  #wasReady = false
  #logStart = 0

  /** @param {import('./plan.mjs').Plan} plan @param {string} logs folder @param {Observer} observer */
  constructor(plan, logs, observer, lookEveryMs = LOOK_EVERY_MS, mostLogBytes = MOST_LOG_BYTES) {
    this.plan = plan
    this.lookEveryMs = lookEveryMs
    this.mostLogBytes = mostLogBytes
    this.logFile = join(logs, `${plan.name}.log`)
    this.observer = observer
  }

  get name() {
    return this.plan.name
  }

  /** Of the current process; undefined when none runs. */
  get pid() {
    return this.#child && !hasEnded(this.#child) ? this.#child.pid : undefined
  }

  /** Starts it and waits until it is ready. Errors: a sentence and the last lines of its log when it does not become ready. */
  async start() {
    await rename(this.logFile, olderOf(this.logFile)).catch(() => {})
    this.#spawn()
    await this.#becomeReady()
    this.#wasReady = true
    if (this.plan.ailment) void this.#watch(this.plan.ailment)
    void this.#boundLog()
  }

  /** Restarts a process that runs but does not work, and would not recover by itself. @param {() => Promise<string | undefined>} ailment */
  async #watch(ailment) {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      // It does not answer: it ends, or has just started.
      const what = await ailment().catch(() => undefined)
      try {
        if (what !== undefined && !signal.aborted) {
          this.observer.note(`${this.name} ${what}; it is restarted`)
          await this.restart()
        }
        await wait(this.lookEveryMs, undefined, { signal })
      } catch (error) {
        if (!signal.aborted) this.observer.note(/** @type {Error} */ (error).message)
      }
    }
  }

  /** Begins a new log file when the present one is full: what a process says must not fill the disk. */
  async #boundLog() {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        if (await rotate(this.logFile, this.mostLogBytes)) this.#logStart = 0
        await wait(this.lookEveryMs, undefined, { signal })
      } catch (error) {
        if (!signal.aborted) this.observer.note(`the log of ${this.name}: ${/** @type {Error} */ (error).message}`)
        await wait(this.lookEveryMs, undefined, { signal }).catch(() => {})
      }
    }
  }

  /** Sends SIGTERM, then SIGKILL; resolves when it has ended. */
  async stop() {
    this.#stopping.abort()
    const child = this.#child
    if (!child?.pid || hasEnded(child)) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => this.kill(), STOP_WITHIN_MS)
    await gone
    clearTimeout(timer)
  }

  /**
   * Restarts it, as when its code has changed; resolves when it is ready. Every process tolerates being killed, so one
   * that does not end soon is killed. @param {number} patience in ms
   */
  async restart(patience = STOP_WITHIN_MS) {
    const child = this.#child
    this.#child = undefined
    this.#failures = 0
    if (child?.pid && !hasEnded(child)) {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), patience)
      await gone
      clearTimeout(timer)
    }
    this.#stopping.signal.throwIfAborted()
    this.#spawn()
    await this.#becomeReady()
  }

  /** Kills it at once, with all its children. */
  kill() {
    this.#stopping.abort()
    if (!this.#child?.pid || hasEnded(this.#child)) return
    try {
      process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // It ended meanwhile.
    }
  }

  #spawn() {
    const { command, args, env } = this.plan
    const log = openSync(this.logFile, 'a', 0o600)
    this.#logStart = statSync(this.logFile).size
    const began = performance.now()
    // Its own process group: Ctrl+C reaches only the launcher, which ends everything in order.
    const child = spawn(command, args, {
      cwd: ROOT,
      env: environment(env),
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    this.#child = child
    if (child.pid) this.observer.began(child.pid)
    child.once('error', (error) => this.#after(began, error.message))
    child.once('exit', (code, signal) => {
      if (child.pid) this.observer.ended(child.pid)
      if (this.#child === child) this.#after(began, signal ?? `code ${code}`)
    })
  }

  /** @param {number} began @param {string} how it ended */
  #after(began, how) {
    if (this.#stopping.signal.aborted) return
    if (performance.now() - began >= STEADY_MS) this.#failures = 0
    this.#failures++
    if (!this.#wasReady && this.#failures >= TRIES) return
    const delay = restartDelay(this.#failures)
    if (this.#wasReady) this.observer.note(`${this.name} ended (${how}); again in ${delay / 1000} s`)
    void this.#again(delay)
  }

  async #again(/** @type {number} */ delay) {
    try {
      await wait(delay, undefined, { signal: this.#stopping.signal })
      this.#spawn()
      if (!this.#wasReady) return
      await this.#becomeReady()
      this.observer.note(`${this.name} is back`)
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.observer.note(/** @type {Error} */ (error).message)
    }
  }

  async #becomeReady() {
    const deadline = performance.now() + READY_WITHIN_MS
    const child = this.#child
    for (;;) {
      this.#stopping.signal.throwIfAborted()
      // A later start of the same process is watched by its own caller.
      if (this.#wasReady && this.#child !== child) throw new Error(`${this.name} ended before it was ready`)
      if (await this.plan.ready().catch(() => false)) return
      if (!this.#wasReady && this.#failures >= TRIES) throw new Error(await this.#story('keeps ending'))
      if (performance.now() > deadline)
        throw new Error(await this.#story(`is not ready after ${READY_WITHIN_MS / 1000} s`))
      await wait(PROBE_EVERY_MS, undefined, { signal: this.#stopping.signal })
    }
  }

  async #story(/** @type {string} */ what) {
    return `${this.name} ${what}. The end of ${this.logFile}:\n${await tail(this.logFile, this.#logStart)}`
  }
}

const hasEnded = (/** @type {import('node:child_process').ChildProcess} */ child) =>
  child.exitCode !== null || child.signalCode !== null

/** The last lines of a file after offset `from`. @param {string} path @param {number} from */
async function tail(path, from) {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    // Smaller than it was: a new file has begun.
    const start = from > size ? 0 : Math.max(from, size - TAIL_BYTES)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start)
    return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-20).join('\n')
  } finally {
    await file.close()
  }
}
