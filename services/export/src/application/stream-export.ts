import { setTimeout as pause } from 'node:timers/promises'
import type { EventStore, StoredCommit, SubscriptionBatch } from '@beseda/event-log'
import { type Outgoing, outgoingOf } from '../domain/outgoing.js'
import { placedIn } from '../domain/unfold.js'
import { Claim, Outrun } from './claim.js'
import { movedInGaps } from './moved.js'
import type { Checkpoints, Contents, ExportObserver, Position, Sinks, StoredCheckpoint } from './ports.js'
import { SteadySink } from './steady-sink.js'

/** How often an exporter says that it lives. Shorter: more writes to the disk of the log; longer: the others wait longer. */
const RENEW_MS = 2_000
/** A checkpoint that nobody has written for this long is free. Shorter: a pause of its exporter costs it the stream. */
const FREE_AFTER_MS = 7_000
/** Between two looks at a checkpoint that another exporter has, and after a failure. */
const PATIENCE_MS = 500
/** What a sink takes at once: bounds the memory of the exporter, and what is sent twice after a failure. */
const AT_ONCE = 500

export interface ExportDeps {
  readonly store: EventStore
  readonly contents: Contents
  readonly checkpoints: Checkpoints
  readonly sinks: Sinks
  readonly observer: ExportObserver
  /** Tells this exporter from the others. */
  readonly holder: string
  /** Go on in a log with another epoch than the checkpoint's, from its beginning. */
  readonly acceptEpoch: boolean
}

/**
 * Hands one stream on to a sink: at least once, in the log's order. The checkpoint follows what has arrived, so nothing is skipped; what
 * was sent between the last checkpoint and a failure is sent again, with the same ids.
 */
export class StreamExport {
  constructor(
    private readonly stream: string,
    private readonly deps: ExportDeps,
    /** One of the streams also keeps the sink's partitions from standing still. */
    private readonly pulses: boolean,
  ) {}

  /** Until the signal aborts; failures are told and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const claim = await this.#claim(signal)
        if (claim) await this.#hold(claim, signal)
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof Outrun) this.deps.observer.outrun(this.stream)
        else this.deps.observer.interrupted(this.stream, error)
        await untilLater(signal)
      }
    }
  }

  /** The checkpoint, once no living exporter has it. */
  async #claim(signal: AbortSignal): Promise<Claim | undefined> {
    const { checkpoints, holder, observer } = this.deps
    let [seen, since] = [await checkpoints.get(this.stream), performance.now()]
    while (seen && seen.holder !== '' && seen.holder !== holder && performance.now() - since < FREE_AFTER_MS) {
      await pause(PATIENCE_MS, undefined, { signal })
      const present = await checkpoints.get(this.stream)
      if (present?.revision !== seen.revision) {
        since = performance.now()
        this.deps.observer.elsewhere(this.stream)
      }
      seen = present
    }
    const from = await this.#start(seen, signal)
    if (!from) return undefined
    const claim = await Claim.take(checkpoints, this.stream, holder, from.seen, from.position)
    if (claim) observer.taken(this.stream, claim.at)
    return claim
  }

  /** Where to begin; waits when the log is another one than that of the checkpoint. */
  async #start(
    seen: StoredCheckpoint | undefined,
    signal: AbortSignal,
  ): Promise<{ seen: StoredCheckpoint | undefined; position: Position } | undefined> {
    const { epoch } = await this.deps.store.info(this.stream)
    const position = { epoch, seq: 0 }
    if (!seen || seen.epoch === epoch) return { seen, position }
    if (this.deps.acceptEpoch) return { seen: { ...seen, ...position }, position }
    this.deps.observer.newEpoch(this.stream)
    await pause(60_000, undefined, { signal })
    return undefined
  }

  async #hold(claim: Claim, signal: AbortSignal): Promise<void> {
    const lost = new AbortController()
    const alive = setInterval(() => void claim.renew().catch((error: unknown) => lost.abort(error)), RENEW_MS)
    const sink = new SteadySink(this.deps.sinks, (error) => this.deps.observer.sinkFailed(this.stream, error))
    try {
      await this.#follow(claim, sink, AbortSignal.any([signal, lost.signal]))
      if (lost.signal.aborted) throw lost.signal.reason
    } catch (error) {
      const reason = lost.signal.aborted ? lost.signal.reason : error
      if (reason instanceof Outrun && sink.used) await claim.sendAgain()
      throw reason
    } finally {
      clearInterval(alive)
      await sink.close()
      if (signal.aborted) await claim.release()
    }
  }

  async #follow(claim: Claim, sink: SteadySink, signal: AbortSignal): Promise<void> {
    const { store, observer } = this.deps
    let pulsed: number | undefined
    observer.position(this.stream, claim.at.seq, undefined)
    for await (const batch of store.subscribe(this.stream, { afterSeq: claim.at.seq, signal })) {
      if (signal.aborted) return
      const last = batch.commits.at(-1)
      if (last) {
        observer.position(this.stream, claim.at.seq, batch.commits[0])
        await this.#send(batch.commits, claim.at, sink, signal)
        await claim.advance(last.seq)
        observer.position(this.stream, last.seq, undefined)
      }
      if (this.#wantsPulse(batch, pulsed)) {
        await sink.send([{ kind: 'pulse' }], signal)
        pulsed = performance.now()
      }
    }
  }

  /** A batch comes at least once a second, with or without commits. How often the sink wants a pulse is known once it had one. */
  #wantsPulse({ caughtUp }: SubscriptionBatch, pulsed: number | undefined): boolean {
    if (!this.pulses || !caughtUp) return false
    const { pulseMs } = this.deps.sinks
    return pulsed === undefined || (pulseMs !== undefined && performance.now() - pulsed >= pulseMs)
  }

  /** The ids of what is sent are remembered before it is sent, so that it can be erased whatever happens to this process. */
  async #send(commits: readonly StoredCommit[], from: Position, sink: SteadySink, signal: AbortSignal): Promise<void> {
    const { contents, observer } = this.deps
    await contents.waitFor(this.stream, commits.at(-1)?.seq ?? 0, signal)
    let batch: Outgoing[] = []
    const flush = async () => {
      if (batch.length === 0) return
      await sink.send(batch, signal)
      observer.sent(this.stream, batch)
      batch = []
    }
    let before = from.seq
    for (const commit of commits) {
      const moved = await movedInGaps(this.deps, this.stream, before + 1, commit.seq - 1, signal)
      for (const placed of [...moved, ...placedIn(commit)]) {
        for (const outgoing of outgoingOf(placed, contents)) {
          batch.push(outgoing)
          if (batch.length >= AT_ONCE) await flush()
        }
      }
      before = commit.seq
    }
    await flush()
  }
}

/** Resolves after a while, or at once when the signal aborts. */
async function untilLater(signal: AbortSignal): Promise<void> {
  try {
    await pause(PATIENCE_MS, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
