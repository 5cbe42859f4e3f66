import { Permission } from '@beseda/proto/common/v1/permissions'
import { roleAllows } from '@beseda/rules'
import { useNow } from '@vueuse/core'
import { computed } from 'vue'
import { sinceText } from '../../../i18n/formats.js'
import { useI18n } from '../../../i18n/index.js'
import { useAccount } from '../../../stores/account.js'
import { useBlocks } from '../../../stores/blocks.js'
import type { Conversation } from '../../../sync/model/model.js'

/** Why nothing can be posted here now, as a sentence; undefined: posting is allowed. The server decides. */
export function useMayPost(conversation: () => Conversation) {
  const { t, locale } = useI18n()
  const account = useAccount()
  const blocks = useBlocks()
  const now = useNow({ interval: 1_000 })
  return computed(() => {
    const { kind, settings, role, archived, mutes, peerId } = conversation()
    if (archived) return t('chat.archived')
    const until = mutes.get(account.userId) ?? 0
    if (until > now.value.getTime()) {
      const time = sinceText(until, now.value.getTime(), locale.value)
      return t('chat.muted', { time })
    }
    if (peerId !== '' && blocks.blocked.has(peerId)) return t('chat.youBlocked')
    return roleAllows(Permission.POST, { kind, overrides: settings.permissions }, role)
      ? undefined
      : t('chat.mayNotPost')
  })
}
