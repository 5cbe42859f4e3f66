import { Permission } from '@beseda/proto/common/v1/permissions'
import { foldText, foldUsername, roleAllows } from '@beseda/rules'
import { computed, type Ref, shallowRef, watch } from 'vue'
import { handled } from '../../../../diagnostics/log.js'
import { useI18n } from '../../../../i18n/index.js'
import { useAccount } from '../../../../stores/account.js'
import { useBlocks } from '../../../../stores/blocks.js'
import { useDirectory } from '../../../../stores/directory.js'
import type { Conversation } from '../../../../sync/model/model.js'
import { write } from '../text-field.js'
import { useCompletion } from '../use-completion.js'
import { type Callable, handTyped, namesOf } from './hand-typed.js'
import { follow, type PlacedMention, withIds, withNames } from './mention-places.js'
import { type MentionTarget, openMention } from './open-mention.js'

const SHOWN = 8
/** A message does not wait longer for the names of those whom it may mention. */
const LONGEST_WAIT_MS = 1_000

/** Mentions in a text field: completes `@` to people of the conversation, and knows whom each name in the text stands for. */
export function useMentions(
  conversation: () => Conversation,
  text: Ref<string>,
  field: () => HTMLTextAreaElement | undefined,
) {
  const { t } = useI18n()
  const directory = useDirectory()
  const account = useAccount()
  const blocks = useBlocks()
  const placed = shallowRef<readonly PlacedMention[]>([])
  watch(
    text,
    (after, before) => {
      placed.value = follow(placed.value, before, after, field()?.selectionStart)
    },
    { flush: 'sync' },
  )

  const loud = computed(() => {
    const { kind, settings, role } = conversation()
    return roleAllows(Permission.MENTION_ALL, { kind, overrides: settings.permissions }, role)
  })
  const memberIds = computed(() => [...(conversation().members?.keys() ?? [])])
  const everybody = computed((): (MentionTarget & Callable)[] => [
    ...memberIds.value
      .filter((userId) => userId !== account.userId)
      .map((target) => {
        const { username = '' } = directory.user(target) ?? {}
        return { target, name: directory.nameOf(target), others: username ? [username] : [], hint: `@${username}` }
      }),
    ...(loud.value
      ? [
          { target: 'all', name: t('chat.mentionAll'), others: ['all'], hint: t('chat.mentionAllHint') },
          { target: 'admins', name: t('chat.mentionAdmins'), others: ['admins'], hint: t('chat.mentionAdminsHint') },
        ]
      : []),
  ])
  const completion = useCompletion({
    text,
    field,
    open: openMention,
    choices: ({ query }): readonly MentionTarget[] => {
      const wanted = foldUsername(query)
      const fits = (word: string) => foldText(word).startsWith(wanted)
      return everybody.value
        .filter(({ target }) => !blocks.blocked.has(target))
        .filter(({ name, others }) => [name, ...name.split(/\s+/), ...others].some(fits))
        .slice(0, SHOWN)
    },
    choose: ({ target, name }, { start }, caret) => {
      const element = field()
      if (!element) return
      write(element, `@${name} `, start, caret)
      placed.value = [...placed.value, { target, name, start }]
    },
  })

  const names = computed(() => namesOf(everybody.value))
  /** Everybody who is mentioned: those that were chosen, and those that were typed by hand. */
  const mentioned = computed(() =>
    text.value.includes('@') ? [...placed.value, ...handTyped(text.value, names.value, placed.value)] : placed.value,
  )
  const shownName = (target: string): string => {
    if (target === 'all') return t('chat.mentionAll')
    return target === 'admins' ? t('chat.mentionAdmins') : directory.nameOf(target)
  }

  return {
    ...completion,
    placed,
    /** The text as it is sent. */
    sent: computed(() => withIds(text.value, mentioned.value)),
    /** Puts a text with its mentions into the field. */
    show(written: string, mentions: readonly PlacedMention[]): void {
      text.value = written
      placed.value = mentions
    },
    /** The same for a message that was sent. */
    showSent(message: string): void {
      const { text: written, mentions } = withNames(message, shownName)
      text.value = written
      placed.value = mentions
    },
    /** A promise where the names of members are not known yet, and the text may have one that was typed by hand. */
    known(): Promise<unknown> | undefined {
      if (!text.value.includes('@') || everybody.value.every(({ others }) => others.length > 0)) return undefined
      const late = new Promise((resolve) => setTimeout(resolve, LONGEST_WAIT_MS))
      return Promise.race([directory.load(memberIds.value).catch(handled('composer.names')), late])
    },
  }
}
