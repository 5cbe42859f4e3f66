import { SerialQueue } from '@beseda/async'
import { Projection } from '@beseda/event-log'
import { GroupHistory } from '@beseda/history'
import { EVENT_STORE, PLATFORM_CONFIG, provide, Views } from '@beseda/platform'
import { PEOPLE_STREAM, RETENTION_STREAM } from '@beseda/proto'
import { historyView } from './history-view.js'

/** The view of the service, and the log that it follows. */
export const viewProviders = [
  provide(Projection, [Views], (views) =>
    views.open(historyView, [...views.historyStreams, ...views.personalStreams, PEOPLE_STREAM, RETENTION_STREAM]),
  ),
  provide(
    GroupHistory,
    [EVENT_STORE, Projection, PLATFORM_CONFIG],
    (store, projection, { partitionCount }) =>
      new GroupHistory({ store, projection, queue: new SerialQueue() }, partitionCount),
  ),
]
