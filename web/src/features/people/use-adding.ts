import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import type { User } from '@beseda/proto/identity/v1/identity_service'
import { ConnectError } from '@connectrpc/connect'
import { type Ref, shallowRef } from 'vue'
import { seldomWords } from '../../i18n/index.js'

/**
 * Adding the chosen people to a group. Those whose privacy settings do not allow it leave the choice, and the picker says why: whoever tries
 * again adds the others.
 */
export function useAdding(chosen: Ref<readonly User[]>) {
  const refused = shallowRef<readonly User[]>([])

  /** Undefined: some were refused, and nothing was carried out. Errors: every other refusal. */
  async function add<T>(request: () => Promise<T>): Promise<T | undefined> {
    try {
      return await request()
    } catch (error) {
      const ids = unaddableOf(error)
      const now = chosen.value.filter(({ id }) => ids.includes(id))
      if (now.length === 0) throw error
      await seldomWords()
      refused.value = [...refused.value, ...now]
      chosen.value = chosen.value.filter(({ id }) => !ids.includes(id))
      return undefined
    }
  }

  function forget(): void {
    refused.value = []
  }

  return { refused, add, forget }
}

function unaddableOf(error: unknown): readonly string[] {
  const [info] = error instanceof ConnectError ? error.findDetails(ErrorInfoSchema) : []
  if (info?.reason !== ErrorReason.NOT_ADDABLE) return []
  return (info.metadata['user_ids'] ?? info.metadata['user_id'] ?? '').split(',')
}
