import type { User } from '@beseda/proto/identity/v1/identity_service'
import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { handled } from '../diagnostics/log.js'
import { i18n } from '../i18n/index.js'
import { identity } from '../net/clients/identity.js'
import { Overtaken } from '../sync/overtaken.js'
import { historyCache } from '../sync/saved/history-cache.js'

/** Profiles requested within this time share one request. */
const GATHER_MS = 20
const BATCH = 500

/** Profiles of people, fetched when first needed. */
export const useDirectory = defineStore('directory', () => {
  const users = shallowReactive(new Map<string, User>())
  const wanted = new Set<string>()
  const asked = new Set<string>()
  const overtaken = new Overtaken<string>()
  let gathering = false
  /** Owner of the cached profiles. */
  let userId = ''

  async function fetchWanted(): Promise<void> {
    gathering = false
    const userIds = [...wanted].slice(0, BATCH)
    for (const userId of userIds) wanted.delete(userId)
    try {
      const isOld = overtaken.asked()
      const answer = await identity.getUsers({ userIds })
      keep(answer.users.filter(({ id }) => !isOld(id)))
    } catch (error) {
      // Requested again when next needed.
      handled('directory')(error)
      for (const userId of userIds) asked.delete(userId)
    }
    if (wanted.size > 0) void fetchWanted()
  }

  /** Shows the cached profiles until each is fetched again when first needed. */
  async function restore(me: string): Promise<void> {
    userId = me
    for (const person of await historyCache.people(me)) if (!users.has(person.id)) users.set(person.id, person)
  }

  /** The person signs out: answers that arrive later are not stored. */
  function stop(): void {
    userId = ''
  }

  /** The profile, or undefined until it is loaded. */
  function user(personId: string): User | undefined {
    const known = users.get(personId)
    if (personId !== '' && !asked.has(personId)) {
      asked.add(personId)
      wanted.add(personId)
      if (!gathering) setTimeout(() => void fetchWanted(), GATHER_MS)
      gathering = true
    }
    return known
  }

  const { t } = i18n
  const nameOf = (userId: string): string => {
    const known = user(userId)
    return known?.deleted ? t('people.deleted') : (known?.displayName ?? '…')
  }
  /** With the user name: where two people of one name have to be told apart. */
  const exactNameOf = (userId: string): string => {
    const known = user(userId)
    return known?.username && !known.deleted ? `${known.displayName} (@${known.username})` : nameOf(userId)
  }
  /** The profile has changed: requested again when next needed. */
  function forget(userId: string): void {
    users.delete(userId)
    asked.delete(userId)
  }
  function remember(known: readonly User[]): void {
    for (const one of known) {
      users.set(one.id, one)
      asked.add(one.id)
    }
  }
  /** Profiles of people who matter to this person: also kept for the next start. */
  function keep(known: readonly User[]): void {
    remember(known)
    if (userId !== '') void historyCache.savePeople(userId, known).catch(handled('storage.people', 'STORAGE_FAILED'))
  }
  /** An event has brought a profile as it is now. */
  function changed(user: User): void {
    overtaken.changed(user.id)
    keep([user])
  }
  /** These may have changed unseen, and so may all others when they are next needed. What is shown stays until the answer. */
  function renew(userIds: readonly string[]): void {
    asked.clear()
    for (const id of userIds) if (users.has(id)) user(id)
  }
  /** Resolves when these profiles are known, as far as there are any. */
  async function load(userIds: readonly string[]): Promise<void> {
    const unknown = userIds.filter((id) => !users.has(id))
    for (let i = 0; i < unknown.length; i += BATCH) {
      const isOld = overtaken.asked()
      const answer = await identity.getUsers({ userIds: unknown.slice(i, i + BATCH) })
      remember(answer.users.filter(({ id }) => !isOld(id)))
    }
  }
  return { user, nameOf, exactNameOf, load, remember, keep, changed, forget, renew, restore, stop }
})
