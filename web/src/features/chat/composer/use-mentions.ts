import { Permission } from '@beseda/proto/common/v1/permissions'
import { roleAllows } from '@beseda/rules'
import { computed, nextTick, type Ref, ref } from 'vue'
import { useI18n } from '../../../i18n/index.js'
import { useAccount } from '../../../stores/account.js'
import { useDirectory } from '../../../stores/directory.js'
import type { Conversation } from '../../../sync/model/model.js'
import { type MentionTarget, openMention, withIds } from './mention-words.js'

const SHOWN = 8

/** Completes `@` in a text field to people of the conversation. */
export function useMentions(
  conversation: () => Conversation,
  text: Ref<string>,
  field: () => HTMLTextAreaElement | undefined,
) {
  const { t } = useI18n()
  const directory = useDirectory()
  const account = useAccount()
  const caret = ref(0)
  const active = ref(0)
  const dismissed = ref(false)
  /** Name in the text -> target. */
  const chosen = new Map<string, string>()

  const loud = computed(() => {
    const { kind, settings, role } = conversation()
    return roleAllows(Permission.MENTION_ALL, { kind, overrides: settings.permissions }, role)
  })
  const everybody = computed((): MentionTarget[] => [
    ...[...(conversation().members?.keys() ?? [])]
      .filter((userId) => userId !== account.userId)
      .map((target) => ({
        target,
        name: directory.nameOf(target),
        hint: `@${directory.user(target)?.username ?? ''}`,
      })),
    ...(loud.value
      ? [
          { target: 'all', name: t('chat.mentionAll'), hint: t('chat.mentionAllHint') },
          { target: 'admins', name: t('chat.mentionAdmins'), hint: t('chat.mentionAdminsHint') },
        ]
      : []),
  ])
  const open = computed(() => (dismissed.value ? undefined : openMention(text.value, caret.value)))
  const targets = computed(() => {
    if (!open.value) return []
    const wanted = open.value.query.toLowerCase()
    const fits = (word: string) => word.toLowerCase().startsWith(wanted)
    return everybody.value
      .filter(({ name, hint }) => name.split(/\s+/).some(fits) || fits(hint.slice(1)))
      .slice(0, SHOWN)
  })

  function moved(): void {
    caret.value = field()?.selectionStart ?? 0
    active.value = 0
    dismissed.value = false
  }

  function choose({ target, name }: MentionTarget): void {
    if (!open.value) return
    chosen.set(name, target)
    const before = `${text.value.slice(0, open.value.start)}@${name} `
    text.value = before + text.value.slice(caret.value)
    // Before the next key: a letter typed meanwhile would be inserted in the wrong place.
    void nextTick().then(() => {
      field()?.setSelectionRange(before.length, before.length)
      moved()
    })
  }

  /** True when the list handled the key. */
  function onKey(event: KeyboardEvent): boolean {
    const count = targets.value.length
    if (count === 0) return false
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const picked = targets.value[active.value]
    if (step !== 0) active.value = (active.value + step + count) % count
    else if ((event.key === 'Enter' || event.key === 'Tab') && picked) choose(picked)
    else if (event.key === 'Escape') dismissed.value = true
    else return false
    event.preventDefault()
    return true
  }

  return { targets, active, moved, choose, onKey, withIds: (written: string) => withIds(written, chosen), chosen }
}
