import { GroupKind } from '@beseda/proto/group/v1/events'
import type { User } from '@beseda/proto/identity/v1/identity_service'
import { useDebounceFn } from '@vueuse/core'
import { computed, type Ref, shallowRef, watch } from 'vue'
import { useRouter } from 'vue-router'
import { keysText } from '../../commands/keys.js'
import { availableCommands } from '../../commands/registry.js'
import { handled } from '../../diagnostics/log.js'
import { identity } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { useChat } from '../../stores/chat.js'
import { useDirectory } from '../../stores/directory.js'
import { isUnread } from '../../sync/model/read-mark.js'
import { useOpenDirect } from '../groups/use-open-direct.js'
import { best, type Candidate } from './fuzzy.js'
import { meanings } from './layouts.js'

export interface Result extends Candidate {
  readonly id: string
  readonly kind: 'conversation' | 'person' | 'command'
  readonly name: string
  /** Shown beside the name: a topic, a user name, a shortcut. */
  readonly note: string
  readonly userId?: string
  readonly fileId?: string | undefined
  readonly unread?: number
  readonly run: () => unknown
}

const MOST = 30
/** Unread conversations rank higher. */
const UNREAD_BOOST = 3
/** A shorter query matches half of the people. */
const LEAST_TO_SEARCH = 2

/** The results of the palette for a query. `>` limits them to commands, `@` to people. */
export function useResults(typed: Ref<string>, mac: boolean) {
  const chat = useChat()
  const directory = useDirectory()
  const account = useAccount()
  const router = useRouter()
  const openDirect = useOpenDirect()
  const found = shallowRef<readonly User[]>([])

  const only = computed(() => ({ '>': 'command', '@': 'person' })[typed.value.trimStart()[0] ?? ''])
  const words = computed(() => (only.value ? typed.value.trimStart().slice(1) : typed.value).trim())

  const search = useDebounceFn(async (query: string) => {
    const answers = await Promise.all(
      meanings(query)
        .slice(0, 2)
        .map((meant) => identity.searchUsers({ query: meant, limit: 8 }).catch(handled('palette.people'))),
    )
    if (query !== words.value) return
    found.value = answers.flatMap((answer) => answer?.users ?? [])
    directory.remember(found.value)
  }, 150)
  watch(words, (query) => {
    found.value = []
    if (query.length >= LEAST_TO_SEARCH && only.value !== 'command') void search(query)
  })

  const conversations = computed((): Result[] =>
    chat.list.map((one) => {
      const direct = one.kind === GroupKind.DIRECT
      const user = direct ? directory.user(one.peerId) : undefined
      const name = direct ? directory.nameOf(one.peerId) : one.name
      const note = user ? `@${user.username}` : one.topic
      return {
        id: one.id,
        kind: direct ? 'person' : 'conversation',
        name,
        note,
        texts: user ? [name, user.username] : [name],
        boost: isUnread(one.read) ? UNREAD_BOOST : 0,
        unread: one.read.unread,
        ...(direct ? { userId: one.peerId } : { fileId: one.avatarFileId || undefined }),
        run: () => router.push({ name: 'conversation', params: { groupId: one.id } }),
      }
    }),
  )
  const people = computed((): Result[] => {
    const known = new Set([account.userId, ...chat.list.map(({ peerId }) => peerId)])
    return [...new Map(found.value.map((user) => [user.id, user])).values()]
      .filter(({ id }) => !known.has(id))
      .map(({ id, displayName, username }) => ({
        id,
        kind: 'person',
        name: displayName,
        note: `@${username}`,
        texts: [displayName, username],
        userId: id,
        run: () => openDirect(id),
      }))
  })
  const commands = computed((): Result[] =>
    availableCommands()
      .filter(({ keysOnly }) => !keysOnly)
      .map((command) => ({
        id: command.id,
        kind: 'command',
        name: command.title(),
        note: command.keys?.[0] ? keysText(command.keys[0], mac) : '',
        texts: [command.title()],
        run: () => command.run?.(),
      })),
  )

  return computed((): readonly Result[] => {
    const all = [...conversations.value, ...people.value, ...commands.value]
    return best(only.value ? all.filter(({ kind }) => kind === only.value) : all, words.value, MOST)
  })
}
