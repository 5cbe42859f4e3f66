import type { AuditEntry } from '@beseda/proto/history/v1/history_service'
import type { Event } from '@beseda/proto/log/v1/commit'
import { peopleIn, type Topic, topicOf } from '@beseda/rules/audit'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { history } from '../../../net/index.js'
import { useTask } from '../../../ui/use/use-task.js'

/** Of one request: as many as the service allows. */
const PAGE = 200
/** A narrowed list asks for older entries until it has this many, or the log is at its beginning. */
const WANTED = 20

export interface PlacedEvent {
  readonly event: Event
  readonly entry: AuditEntry
  /** Among all loaded entries. */
  readonly index: number
}

/** The audit log of a group, newest first, narrowed to a topic and a person. */
export function useAudit(groupId: string) {
  const entries = shallowRef<readonly AuditEntry[]>([])
  const hasMore = ref(true)
  const topic = ref<Topic | ''>('')
  const person = ref('')
  const events = computed(() =>
    entries.value.flatMap((entry, index): PlacedEvent[] => (entry.event ? [{ event: entry.event, entry, index }] : [])),
  )
  const shown = computed(() =>
    events.value.filter(
      ({ event }) =>
        (topic.value === '' || topicOf(event) === topic.value) &&
        (person.value === '' || peopleIn(event).includes(person.value)),
    ),
  )
  /** Those whom the loaded entries name. */
  const people = computed(() => [...new Set(events.value.flatMap(({ event }) => peopleIn(event)))])

  const isNarrowed = computed(() => topic.value !== '' || person.value !== '')
  let closed = false
  onScopeDispose(() => {
    closed = true
  })

  const { busy, error, run } = useTask(async (wanted: number) => {
    while (hasMore.value && !closed && shown.value.length < wanted) {
      const beforeSeq = entries.value.at(-1)?.seq ?? 0n
      const page = await history.listAudit({ groupId, beforeSeq, limit: PAGE })
      entries.value = [...entries.value, ...page.entries]
      hasMore.value = page.hasMore
    }
  })
  /** While older entries are searched: how far back that has come. */
  const searchedTo = computed(() => (busy.value && isNarrowed.value ? entries.value.at(-1)?.time : undefined))
  const more = () => run(shown.value.length + WANTED)
  watch([topic, person], () => shown.value.length < WANTED && run(WANTED))
  return { entries, shown, people, topic, person, hasMore, busy, searchedTo, error, more }
}
