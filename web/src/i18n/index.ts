import { ref, shallowRef } from 'vue'
import { localStore } from '../browser.js'
import englishFirst from './en-first.js'
import { type Named, numberText, say } from './message.js'
import russianFirst from './ru-first.js'

export const LOCALES = { en: 'English', ru: 'Русский' } as const
export type Locale = keyof typeof LOCALES
interface Sentences {
  readonly [key: string]: string | Sentences
}

type Words = Readonly<Record<Locale, () => Promise<{ readonly default: Sentences }>>>
/** The texts of the sign-in are here in both languages: 2 KB each, less than a round trip of a phone. */
const FIRST: Words = { en: async () => ({ default: englishFirst }), ru: async () => ({ default: russianFirst }) }
/** Of everything else, only the chosen language is fetched. */
const ALL: Words = { en: () => import('./en.js'), ru: () => import('./ru.js') }
/** Texts of areas that are not part of the first screens: fetched with the area. */
const ADMIN: Words = { en: () => import('./admin/en.js'), ru: () => import('./admin/ru.js') }
const SELDOM: Words = { en: () => import('./seldom/en.js'), ru: () => import('./seldom/ru.js') }
const EFFECTS: Words = { en: () => import('./effects/en.js'), ru: () => import('./effects/ru.js') }
const KEY = 'beseda.locale'
const isLocale = (text: string | null): text is Locale => text === 'en' || text === 'ru'

function firstLocale(): Locale {
  const chosen = localStore.getItem(KEY)
  if (isLocale(chosen)) return chosen
  return navigator.languages.some((language) => language.startsWith('ru')) ? 'ru' : 'en'
}

const locale = ref<Locale>(firstLocale())
/** What was chosen last; its texts may still be on their way. */
let chosen = locale.value
/** Another window of this browser speaks another language now: this one, too. */
globalThis.addEventListener?.('storage', ({ key, newValue }: StorageEvent) => {
  if (key === KEY && isLocale(newValue)) void speak(newValue)
})
/** Whole areas, so that a text can be found by its key. All languages have the same keys (`npm run check`). */
const sentences = shallowRef<ReadonlyMap<string, string>>(new Map())
const wanted = new Set([FIRST])
const fetched = new Map<Words, Promise<void>>()

function flat(areas: Sentences, prefix: string, into: Map<string, string>): Map<string, string> {
  for (const [key, value] of Object.entries(areas)) {
    if (typeof value === 'string') into.set(prefix + key, value)
    else flat(value, `${prefix}${key}.`, into)
  }
  return into
}

async function speak(next: Locale): Promise<void> {
  chosen = next
  const { size } = wanted
  const parts = await Promise.all([...wanted].map((words) => words[next]()))
  // Meanwhile other texts were wanted, or another language was.
  if (chosen !== next || wanted.size !== size) return speak(chosen)
  const all = new Map<string, string>()
  for (const { default: areas } of parts) flat(areas, '', all)
  sentences.value = all
  locale.value = next
  document.documentElement.lang = next
}

/** Adds these texts. Whoever wants them while they are fetched waits, too; when they cannot be fetched, the next one tries again. */
function want(words: Words): Promise<void> {
  wanted.add(words)
  const fetching =
    fetched.get(words) ??
    speak(chosen).catch((error: unknown) => {
      wanted.delete(words)
      fetched.delete(words)
      throw error
    })
  fetched.set(words, fetching)
  return fetching
}

/** The text of a key: `t(key, values)`, `t(key, count)`, `t(key, values, count)`. An unknown key is returned as it is. */
function t(key: string, values?: Named | number, count?: number): string {
  const sentence = sentences.value.get(key)
  if (sentence === undefined) return key
  return typeof values === 'number'
    ? say(sentence, locale.value, { n: values, count: values })
    : say(sentence, locale.value, values, count)
}

/** A number in the local notation. */
const n = (value: number): string => numberText(value, locale.value)

/** The texts in the language of this window; whatever renders with them is rendered again when the language changes. */
export const i18n = { t, n, locale }
export const useI18n = (): typeof i18n => i18n

/** The sign-in texts; nothing is shown before they are loaded. */
export const firstWords = (): Promise<void> => speak(locale.value)

/** All texts, for everything behind the sign-in. */
export const allWords = (): Promise<void> => want(ALL)

/** The texts of the administrators' page, too. */
export const adminWords = (): Promise<void> => want(ADMIN)

/** The texts of settings and of the test of the connection, too. */
export const seldomWords = (): Promise<void> => want(SELDOM)

/** The texts of noise suppression and backgrounds in calls, too. */
export const effectWords = (): Promise<void> => want(EFFECTS)

/** Switches to this language. */
export async function setLocale(next: Locale): Promise<void> {
  await speak(next)
  localStore.setItem(KEY, next)
}
