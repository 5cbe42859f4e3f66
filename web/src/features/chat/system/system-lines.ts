import { GroupKind } from '@beseda/proto/group/v1/events'
import { computed, type Ref, watch } from 'vue'
import type { Conversation } from '../../../sync/model/model.js'
import { useSystemEvents } from './store.js'
import { type SystemGroup, together } from './system-entries.js'

/** What happened to a group, between its loaded messages. `others`: sequences of what else stands between them, ascending. */
export function systemLinesOf(
  groupId: string,
  conversation: Ref<Conversation | undefined>,
  others: Ref<readonly number[]>,
) {
  const events = useSystemEvents()
  watch(
    () => conversation.value?.messages && (conversation.value.messages[0]?.seq ?? 0),
    (from) => from !== undefined && void events.reach(groupId, from),
    { immediate: true },
  )
  let groups: readonly SystemGroup[] = []
  return computed((): readonly SystemGroup[] => {
    const isDirect = conversation.value?.kind === GroupKind.DIRECT
    // That two people have begun to talk is not worth a line.
    const shown = events.of(groupId).filter(({ event }) => !(isDirect && event.body.case === 'groupCreated'))
    groups = together(shown, others.value, groups)
    return groups
  })
}
