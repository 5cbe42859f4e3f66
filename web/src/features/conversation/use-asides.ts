import { computed, effectScope, onScopeDispose, type Ref, ref, shallowRef, watch } from 'vue'
import { handled } from '../../diagnostics/log.js'
import { connection } from '../../net/index.js'
import type { Conversation } from '../../sync/model/model.js'
import { fetchedPart } from '../../ui/overlays/fetched-part.js'
import type { CallEntry } from '../calls/records/call-entries.js'
import { useCallRecords } from '../calls/records/store.js'
import type { SystemGroup } from '../chat/system/system-entries.js'

/** How long messages wait for what stands between them: what comes after them moves them. */
const TOGETHER_MS = 200
/** From the newest on, before it is known which messages are loaded. */
const NEWEST = Number.MAX_SAFE_INTEGER

const { Part: SystemLines, fetch: fetchLines } = fetchedPart(() => import('../chat/system/SystemLines.vue'))

export { SystemLines }

/** Fetched once: after that, the lines are there with the messages. */
let code: typeof import('../chat/system/system-lines.js') | undefined

/** What a conversation shows between its loaded messages, in order: its calls, and what happened to the group. */
export function useAsides(groupId: string, conversation: Ref<Conversation | undefined>) {
  const records = useCallRecords()
  const from = computed(() => {
    if (!conversation.value) return undefined
    const { messages } = conversation.value
    return messages ? (messages[0]?.seq ?? 0) : NEWEST
  })
  watch(from, (seq) => seq !== undefined && void records.reach(groupId, seq), { immediate: true })
  const calls = computed(() => records.of(groupId))
  const others = computed(() =>
    [...(conversation.value?.messages ?? []), ...calls.value].map(({ seq }) => seq).sort((a, b) => a - b),
  )
  const lines = shallowRef<ReturnType<typeof import('../chat/system/system-lines.js').systemLinesOf>>()
  const scope = effectScope()
  const late = ref(connection.status.value !== 'live')
  const timer = setTimeout(() => {
    late.value = true
  }, TOGETHER_MS)
  onScopeDispose(() => {
    scope.stop()
    clearTimeout(timer)
  })
  function start(loaded: NonNullable<typeof code>): void {
    code = loaded
    lines.value = scope.run(() => loaded.systemLinesOf(groupId, conversation, from, others))
  }
  if (code) start(code)
  else
    void Promise.all([import('../chat/system/system-lines.js'), fetchLines()]).then(
      ([loaded]) => start(loaded),
      handled('system-events'),
    )
  const asides = computed((): readonly (CallEntry | SystemGroup)[] =>
    [...calls.value, ...(lines.value?.groups.value ?? [])].sort((a, b) => a.seq - b.seq),
  )
  /** They are there, or too late: the messages are shown. */
  const ready = computed(() => late.value || (records.has(groupId) && lines.value?.there.value === true))
  return { asides, ready }
}
