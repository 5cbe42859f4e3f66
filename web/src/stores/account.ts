import { newId } from '@beseda/kernel'
import type { Me, Tokens, User } from '@beseda/proto/identity/v1/identity_service'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { i18n } from '../i18n/index.js'
import { identity } from '../net/clients/identity.js'
import { deviceName } from '../net/device-name.js'
import { deviceId, deviceProofs, keepSession, session } from '../net/session.js'
import { useDirectory } from './directory.js'

export interface ProfileChange {
  readonly displayName?: string
  readonly statusText?: string
  /** When the status text ends, Unix ms; 0: it stays. */
  readonly statusUntil?: number
  readonly locale?: string
  readonly timeZone?: string
  readonly avatarFileId?: string
}

/** The person who uses this window. */
export const useAccount = defineStore('account', () => {
  const me = shallowRef<Me>()
  const userId = computed(() => session.value?.userId ?? '')
  async function device(): Promise<{ id: string; name: string }> {
    return { id: deviceId(), name: await deviceName() }
  }

  function opened(answer: { me?: Me | undefined; tokens?: Tokens | undefined }): void {
    if (!answer.me?.user || !answer.tokens) return
    keepSession(answer.me.user.id, answer.tokens)
    me.value = answer.me
    if (answer.me.secondFactorTakenAt)
      void import('../features/security/factor/tell-taken.js').then((all) => all.tellTaken())
  }

  /** The challenge of the second factor, if the account has one; else empty. */
  async function signIn(username: string, password: string): Promise<string> {
    const answer = await identity.signIn({ username, password, device: await device(), deviceProofs: deviceProofs() })
    opened(answer)
    return answer.challenge
  }

  /** `commandId` stays the same when the form is sent again. `code`: what lets the person register, if anything is needed. */
  async function register(
    commandId: string,
    username: string,
    displayName: string,
    password: string,
    code: string,
  ): Promise<void> {
    const locale = i18n.locale.value
    const request = {
      commandId,
      username: username.trim().toLowerCase(),
      displayName,
      password,
      locale,
      code,
      device: await device(),
    }
    opened(await identity.register(request))
  }

  async function load(): Promise<void> {
    me.value = (await identity.getMe({})).me
  }

  async function updateProfile({ statusUntil = 0, ...change }: ProfileChange): Promise<void> {
    const until = statusUntil > 0 ? { statusUntil: timestampFromMs(statusUntil) } : {}
    me.value = (await identity.updateProfile({ commandId: newId(), ...change, ...until })).me
    useDirectory().forget(userId.value)
  }

  /** A profile as it is now: perhaps the person's own, changed on another device. */
  function see(user: User): void {
    if (me.value && user.id === userId.value) me.value = { ...me.value, user }
  }

  return { see, me, userId, device, opened, signIn, register, load, updateProfile }
})
