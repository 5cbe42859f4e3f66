import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { useRouter } from 'vue-router'
import { groups } from '../../net/index.js'

/** Opens the direct chat with a person; creates it the first time. */
export function useOpenDirect() {
  const router = useRouter()
  return async (userId: string): Promise<void> => {
    const request = { commandId: newId(), kind: GroupKind.DIRECT, memberIds: [userId] }
    const { group } = await groups.createGroup(request)
    if (group) await router.push({ name: 'conversation', params: { groupId: group.id } })
  }
}
