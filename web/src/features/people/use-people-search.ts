import type { User } from '@beseda/proto/identity/v1/identity_service'
import { foldText } from '@beseda/rules'
import { useDebounceFn } from '@vueuse/core'
import { computed, ref, shallowRef, watch } from 'vue'
import { identity } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { useDirectory } from '../../stores/directory.js'

/** As many as fit on a screen: whoever is not among them is found by more letters. */
const LIMIT = 20

export interface PeopleSearchOptions {
  /** Only these people are offered, also before anything is typed; undefined: everybody, by what is typed. */
  readonly among: () => readonly string[] | undefined
  readonly exclude: () => readonly string[]
}

/** Finds people by name or username: everybody on this server, or some of them. Never the person themselves. */
export function usePeopleSearch({ among, exclude }: PeopleSearchOptions) {
  const account = useAccount()
  const directory = useDirectory()
  const query = ref('')
  const found = shallowRef<readonly User[]>([])
  /** The text that `found` answers. */
  const answered = ref('')
  const error = shallowRef<unknown>()
  const wanted = computed(() => query.value.trim())

  const ask = useDebounceFn(async (text: string) => {
    const answer = await identity.searchUsers({ query: text, limit: LIMIT }).catch((reason: unknown) => ({ reason }))
    if (text !== wanted.value) return
    if ('reason' in answer) {
      error.value = answer.reason
      return
    }
    directory.remember(answer.users)
    found.value = answer.users
    answered.value = text
  }, 150)
  watch(wanted, (text) => {
    error.value = undefined
    if (text === '') found.value = []
    else if (!among()) void ask(text)
  })

  const fits = ({ displayName, username }: User) => {
    const text = foldText(wanted.value.replace(/^@/, ''))
    return (
      foldText(displayName)
        .split(/\s+/)
        .some((word) => word.startsWith(text)) ||
      foldText(displayName).startsWith(text) ||
      username.startsWith(text)
    )
  }
  const people = computed(() => {
    const some = among()
    const all = some ? some.flatMap((id) => directory.user(id) ?? []).filter(fits) : found.value
    return all.filter(({ id }) => id !== account.userId && !exclude().includes(id)).slice(0, LIMIT)
  })
  /** What is shown answers what is typed. */
  const settled = computed(() => among() !== undefined || answered.value === wanted.value || wanted.value === '')
  const nobody = computed(() => settled.value && wanted.value !== '' && people.value.length === 0)
  return { query, people, settled, nobody, error }
}
