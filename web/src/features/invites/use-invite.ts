import { newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { NoticeKind, type PreviewInviteResponse } from '@beseda/proto/membership/v1/membership_service'
import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { handled } from '../../diagnostics/log.js'
import { membership, reasonOf, session } from '../../net/index.js'
import { useChat } from '../../stores/chat.js'
import { useNotices } from '../../stores/notices.js'
import { useTask } from '../../ui/use/use-task.js'
import { startNotices } from '../notices/start.js'

/** The link leads nowhere, whatever is tried again. A code of another length is no code. */
const BROKEN: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.INVITE_NOT_FOUND,
  ErrorReason.INVITE_EXPIRED,
  ErrorReason.INVITE_USED_UP,
  ErrorReason.INVITE_REVOKED,
  ErrorReason.INVALID_REQUEST,
])

export type InviteState = 'loading' | 'offered' | 'waiting' | 'declined' | 'broken'

/** What a link leads to, and the way in: at once, or by a request whose answer the page waits for. */
export function useInvite() {
  const [route, router] = [useRoute(), useRouter()]
  const [chat, notices] = [useChat(), useNotices()]
  const code = String(route.params.code)
  const commandId = newId()
  const preview = shallowRef<PreviewInviteResponse>()
  const note = ref('')
  const asked = ref(false)
  const notice = computed(() => notices.of(preview.value?.groupId ?? ''))

  const look = useTask(async () => {
    preview.value = await membership.previewInvite({ code })
    // Whoever has asked before comes back to the same page.
    if (session.value) await notices.load().catch(handled('invite.notices'))
    if (notice.value?.kind === NoticeKind.REQUESTED) asked.value = true
  })
  const join = useTask(async () => {
    if (!session.value) {
      await router.push({ name: 'sign-in', query: { next: route.fullPath } })
      return
    }
    const { groupId, requested } = await membership.acceptInvite({ commandId, code, note: note.value })
    if (requested) asked.value = true
    else await open(groupId)
  })
  const withdraw = useTask(async () => {
    await notices.withdraw(preview.value?.groupId ?? '')
    await router.replace({ name: 'home' })
  })
  const open = (groupId: string) => router.replace({ name: 'conversation', params: { groupId } })

  const brokenBy = computed(() => [look.error.value, join.error.value].map(reasonOf).find((one) => BROKEN.has(one)))
  const state = computed((): InviteState => {
    if (brokenBy.value !== undefined) return 'broken'
    if (!preview.value) return 'loading'
    if (!asked.value) return 'offered'
    return notice.value?.kind === NoticeKind.DECLINED ? 'declined' : 'waiting'
  })

  /** While the request waits, the page is connected: it opens the group as soon as an admin lets the person in. */
  let end = () => {}
  watch(asked, () => {
    void chat.start()
    end = startNotices(router)
  })
  const isIn = computed(() => asked.value && chat.conversations.has(preview.value?.groupId ?? ''))
  watch(isIn, (there) => there && preview.value && open(preview.value.groupId))
  onMounted(() => look.run())
  onBeforeUnmount(() => {
    end()
    if (asked.value) chat.stop()
  })
  return { preview, note, state, brokenBy, look, join, withdraw }
}
