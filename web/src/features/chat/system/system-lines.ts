import { GroupKind } from '@beseda/proto/group/v1/events'
import { computed, type Ref, watch } from 'vue'
import type { Conversation } from '../../../sync/model/model.js'
import { useSystemEvents } from './store.js'
import { type SystemGroup, together } from './system-entries.js'

/**
 * What happened to a group, between its loaded messages, and whether it is known. `from`: sequence from which it is wanted; undefined: not yet.
 * `others`: sequences of what else stands between the messages, ascending.
 */
export function systemLinesOf(
  groupId: string,
  conversation: Ref<Conversation | undefined>,
  from: Ref<number | undefined>,
  others: Ref<readonly number[]>,
) {
  const events = useSystemEvents()
  watch(from, (seq) => seq !== undefined && void events.reach(groupId, seq), { immediate: true })
  let before: readonly SystemGroup[] = []
  const groups = computed((): readonly SystemGroup[] => {
    const isDirect = conversation.value?.kind === GroupKind.DIRECT
    // That two people have begun to talk is not worth a line.
    const shown = events.of(groupId).filter(({ event }) => !(isDirect && event.body.case === 'groupCreated'))
    before = together(shown, others.value, before)
    return before
  })
  return { groups, there: computed(() => events.has(groupId)) }
}
