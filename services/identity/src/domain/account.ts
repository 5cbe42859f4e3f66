import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  AccountRegisteredSchema,
  PasswordChangedSchema,
  type ProfileChanged,
  ProfileChangedSchema,
} from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'

type EventBody = Event['body']

export interface Profile {
  readonly displayName: string
  readonly statusText: string
  readonly locale: string
  readonly timeZone: string
}

/** One person's account; undefined: nobody registered under this id. */
export type Account = (Profile & { readonly username: string; readonly passwordHash: string }) | undefined

export type AccountCommand =
  | {
      readonly type: 'Register'
      readonly username: string
      readonly displayName: string
      readonly passwordHash: string
      readonly locale: string
    }
  | { readonly type: 'ChangePassword'; readonly passwordHash: string }
  | ({ readonly type: 'ChangeProfile' } & Partial<Profile>)

const PROFILE_FIELDS = ['displayName', 'statusText', 'locale', 'timeZone'] as const

export const accountDecider: Decider<Account, AccountCommand, EventBody> = {
  initialState: undefined,

  decide(command, account) {
    if (command.type === 'Register') {
      if (account) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
      const { username, displayName, passwordHash, locale } = command
      const value = create(AccountRegisteredSchema, { username, displayName: tidy(displayName), passwordHash, locale })
      return [{ case: 'accountRegistered', value }]
    }
    if (!account) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    if (command.type === 'ChangePassword') {
      return [{ case: 'passwordChanged', value: create(PasswordChangedSchema, { passwordHash: command.passwordHash }) }]
    }
    const changed = PROFILE_FIELDS.flatMap((field) => {
      const wanted = command[field]?.trim()
      return wanted === undefined || wanted === account[field] ? [] : [[field, wanted] as const]
    })
    if (changed.length === 0) return []
    return [{ case: 'profileChanged', value: create(ProfileChangedSchema, Object.fromEntries(changed)) }]
  },

  evolve(account, event) {
    switch (event.case) {
      case 'accountRegistered': {
        const { username, displayName, passwordHash, locale } = event.value
        return account ?? { username, displayName, passwordHash, locale, statusText: '', timeZone: '' }
      }
      case 'passwordChanged':
        return account && { ...account, passwordHash: event.value.passwordHash }
      case 'profileChanged':
        return account && { ...account, ...changes(event.value) }
      default:
        return account
    }
  },
}

/** A name of only spaces is no name. */
function tidy(displayName: string): string {
  const name = displayName.trim().replace(/\s+/g, ' ')
  if (name === '') throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'display_name' })
  return name
}

const changes = (event: ProfileChanged): Partial<Profile> =>
  Object.fromEntries(
    PROFILE_FIELDS.flatMap((field) => (event[field] === undefined ? [] : [[field, event[field]]])),
  ) as Partial<Profile>
