import { computed, effectScope, onScopeDispose, type Ref, shallowRef, watch } from 'vue'
import { handled } from '../../diagnostics/log.js'
import type { Conversation } from '../../sync/model/model.js'
import type { CallEntry } from '../calls/records/call-entries.js'
import { useCallRecords } from '../calls/records/store.js'
import type { SystemGroup } from '../chat/system/system-entries.js'

/** What a conversation shows between its loaded messages, in order: its calls, and what happened to the group. */
export function useAsides(groupId: string, conversation: Ref<Conversation | undefined>) {
  const records = useCallRecords()
  watch(
    () => conversation.value?.messages && (conversation.value.messages[0]?.seq ?? 0),
    (from) => from !== undefined && void records.reach(groupId, from),
    { immediate: true },
  )
  const calls = computed(() => records.of(groupId))
  const others = computed(() =>
    [...(conversation.value?.messages ?? []), ...calls.value].map(({ seq }) => seq).sort((a, b) => a - b),
  )
  const lines = shallowRef<Ref<readonly SystemGroup[]>>()
  const scope = effectScope()
  onScopeDispose(() => scope.stop())
  // The messages are shown first.
  void import('../chat/system/system-lines.js').then(({ systemLinesOf }) => {
    lines.value = scope.run(() => systemLinesOf(groupId, conversation, others))
  }, handled('system-events'))
  return computed((): readonly (CallEntry | SystemGroup)[] =>
    [...calls.value, ...(lines.value?.value ?? [])].sort((a, b) => a.seq - b.seq),
  )
}
