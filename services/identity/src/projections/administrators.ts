import type { SqliteView } from '@beseda/event-log'
import type { AccountRow } from './queries.js'

/**
 * Who looks after the installation: the people whose user names are in ADMINS (separated by commas), or, when it is not set, whoever
 * registered first.
 */
export function administratorsOf(
  view: () => SqliteView,
  env: Readonly<Record<string, string | undefined>> = process.env,
): (account: AccountRow) => boolean {
  const named = new Set((env.ADMINS ?? '').split(',').flatMap((name) => name.trim().toLowerCase() || []))
  return ({ username, user_id, owner_id }) => {
    if (owner_id !== '') return false
    if (named.size > 0) return named.has(username)
    return firstOf(view())?.user_id === user_id
  }
}

const firstOf = (view: SqliteView) =>
  view.get<{ user_id: string }>("SELECT user_id FROM account WHERE owner_id = '' ORDER BY number LIMIT 1")
