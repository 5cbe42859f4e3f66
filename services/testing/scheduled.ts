import { SerialQueue } from '@beseda/async'
import { type EventStore, type MemoryEventStore, Projection, SqliteView, type ViewDefinition } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import type { Scheduler } from 'fast-check'

/** A log whose every answer, and every commit on its way into a view, waits until the scheduler lets it through. */
function scheduled(store: MemoryEventStore, s: Scheduler): EventStore {
  return {
    append: s.scheduleFunction((request) => store.append(request)),
    read: s.scheduleFunction((stream, options) => store.read(stream, options)),
    last: s.scheduleFunction((stream, subject) => store.last(stream, subject)),
    heads: s.scheduleFunction((stream, filters, afterSeq) => store.heads(stream, filters, afterSeq)),
    erase: s.scheduleFunction((stream, seq) => store.erase(stream, seq)),
    purge: s.scheduleFunction((stream, subject, upto) => store.purge(stream, subject, upto)),
    info: (stream) => store.info(stream),
    async *subscribe(stream, options) {
      for await (const batch of store.subscribe(stream, options)) {
        if (batch.commits.length > 0) await s.schedule(Promise.resolve(), 'subscribe')
        yield batch
      }
    },
  }
}

/** One replica of a service on a log that others share: a view of its own, as far behind as the scheduler likes. */
export async function replica(
  store: MemoryEventStore,
  streams: readonly string[],
  view: ViewDefinition,
  s?: Scheduler,
) {
  const own = s ? scheduled(store, s) : store
  const onFailure = (error: unknown) => {
    throw error
  }
  const projection = new Projection({ store: own, view: SqliteView.open(':memory:', view), streams, onFailure })
  projection.start()
  await (s ? s.waitFor(projection.ready) : projection.ready)
  const history = new GroupHistory({ store: own, projection, queue: new SerialQueue() }, 1)
  const stop = () => (s ? s.waitFor(projection.stop()) : projection.stop())
  return { history, projection, stop }
}
