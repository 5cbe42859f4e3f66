import { newId } from '@beseda/kernel'
import type { Me, Tokens } from '@beseda/proto/identity/v1/identity_service'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { i18n } from '../i18n/index.js'
import { connection, deviceId, deviceName, forgetSession, identity, keepSession, session } from '../net/index.js'
import { useChat } from './chat.js'
import { useDirectory } from './directory.js'

export interface ProfileChange {
  readonly displayName?: string
  readonly statusText?: string
  readonly locale?: string
  readonly timeZone?: string
  readonly avatarFileId?: string
}

/** The person who uses this window. */
export const useAccount = defineStore('account', () => {
  const me = shallowRef<Me>()
  const userId = computed(() => session.value?.userId ?? '')
  const device = () => ({ id: deviceId(), name: deviceName() })

  function opened(answer: { me?: Me | undefined; tokens?: Tokens | undefined }): void {
    if (!answer.me?.user || !answer.tokens) return
    keepSession(answer.me.user.id, answer.tokens)
    me.value = answer.me
  }

  async function signIn(username: string, password: string): Promise<void> {
    opened(await identity.signIn({ username, password, device: device() }))
  }

  /** `commandId` stays the same when the form is sent again. */
  async function register(commandId: string, username: string, displayName: string, password: string): Promise<void> {
    const locale = i18n.global.locale.value
    const request = {
      commandId,
      username: username.trim().toLowerCase(),
      displayName,
      password,
      locale,
      device: device(),
    }
    opened(await identity.register(request))
  }

  async function load(): Promise<void> {
    me.value = (await identity.getMe({})).me
  }

  async function updateProfile(change: ProfileChange): Promise<void> {
    me.value = (await identity.updateProfile({ commandId: newId(), ...change })).me
    useDirectory().forget(userId.value)
  }

  /** The account and everything said with it are gone for good. */
  async function deleteAccount(password: string): Promise<void> {
    await identity.deleteAccount({ commandId: newId(), password })
    connection.stop()
    await useChat().forget(true)
    forgetSession()
  }

  /** `asked`: by the person here, who leaves nothing behind. A session that was ended elsewhere keeps what was not sent. */
  async function signOut(asked = true): Promise<void> {
    await identity.signOut({}).catch(() => undefined)
    connection.stop()
    await useChat().forget(asked)
    forgetSession()
  }

  return { me, userId, device, opened, signIn, register, load, updateProfile, deleteAccount, signOut }
})
