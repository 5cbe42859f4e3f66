import { newId } from '@beseda/kernel'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import type { Invite } from '@beseda/proto/membership/v1/membership_service'
import { roleAllows } from '@beseda/rules'
import { computed, ref, shallowRef } from 'vue'
import { membership } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import type { Conversation } from '../../sync/model/model.js'
import { useRefresh } from '../../ui/use/use-refresh.js'
import { useTask } from '../../ui/use/use-task.js'

/** How long a link lets people in, in seconds; 0: always. */
export const EXPIRIES = { hour: 3_600, day: 86_400, week: 604_800, never: 0 } as const

/** The address that a code stands for. */
export const inviteUrl = (code: string): string => `${location.origin}/invite/${code}`

/** The links of a group, and a new one. */
export function useInvites(conversation: () => Conversation) {
  const account = useAccount()
  const expiry = ref<keyof typeof EXPIRIES>('week')
  const maxUses = ref(0)
  const needsApproval = ref(false)
  const asAdmin = ref(false)
  const name = ref('')
  const invites = shallowRef<readonly Invite[]>([])
  const may = (permission: Permission) => {
    const { kind, settings, role } = conversation()
    return roleAllows(permission, { kind, overrides: settings.permissions }, role)
  }
  const mayInviteAdmins = computed(() => may(Permission.INVITE_ADMINS))
  const mayRevoke = ({ createdBy }: Invite) => createdBy === account.userId || may(Permission.REVOKE_INVITES)

  /** The list is fetched again after a link was created or revoked. */
  let minSeq = 0n
  const list = useRefresh(async () => {
    invites.value = (await membership.listInvites({ groupId: conversation().id, minSeq })).invites
  })
  function listFrom(seq: bigint): Promise<void> {
    minSeq = seq
    return list.run()
  }
  /** Its code, which is shown at once. */
  const made = ref('')
  const make = useTask(async () => {
    const role = asAdmin.value ? Role.ADMIN : Role.MEMBER
    const terms = { maxUses: maxUses.value, needsApproval: needsApproval.value, role, name: name.value }
    const place = { commandId: newId(), groupId: conversation().id }
    const answer = await membership.createInvite({ ...place, expiresInS: EXPIRIES[expiry.value], ...terms })
    made.value = answer.code
    name.value = ''
    await listFrom(answer.seq)
  })
  const revoke = useTask(async ({ id: inviteId, code }: Invite) => {
    const { seq } = await membership.revokeInvite({ commandId: newId(), groupId: conversation().id, inviteId })
    if (code === made.value) made.value = ''
    await listFrom(seq)
  })
  const terms = { expiry, maxUses, needsApproval, asAdmin, name }
  return { ...terms, invites, mayInviteAdmins, mayRevoke, list, made, make, revoke }
}
