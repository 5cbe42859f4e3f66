import { createI18n } from 'vue-i18n'
import { russianPlural } from './plural.js'

export const LOCALES = { en: 'English', ru: 'Русский' } as const
export type Locale = keyof typeof LOCALES

/** Only the language that is spoken is fetched. */
const MESSAGES = { en: () => import('./en.js'), ru: () => import('./ru.js') }
/** Sentences of rooms that few people enter: fetched with the room, in whatever is spoken from then on. */
type Words = Readonly<Record<Locale, () => Promise<{ readonly default: object }>>>
const ADMIN: Words = { en: () => import('./admin/en.js'), ru: () => import('./admin/ru.js') }
const more = new Set<Words>()
const KEY = 'beseda.locale'
const isLocale = (text: string | null): text is Locale => text === 'en' || text === 'ru'

function firstLocale(): Locale {
  const chosen = localStorage.getItem(KEY)
  if (isLocale(chosen)) return chosen
  return navigator.languages.some((language) => language.startsWith('ru')) ? 'ru' : 'en'
}

/** Same keys in every language (`npm run check`), so none falls back to another. */
export const i18n = createI18n({
  legacy: false,
  locale: firstLocale(),
  fallbackLocale: false as const,
  messages: {},
  pluralRules: { ru: russianPlural },
})

async function speak(locale: Locale): Promise<void> {
  const { global } = i18n
  if (!global.availableLocales.includes(locale)) global.setLocaleMessage(locale, (await MESSAGES[locale]()).default)
  for (const words of more) global.mergeLocaleMessage(locale, (await words[locale]()).default)
  global.locale.value = locale
  document.documentElement.lang = locale
}

/** The sentences of the administrators' page, too. */
export async function adminWords(): Promise<void> {
  more.add(ADMIN)
  const locale = i18n.global.locale.value as Locale
  i18n.global.mergeLocaleMessage(locale, (await ADMIN[locale]()).default)
}

/** The sentences of this person's language; nothing is shown before they are there. */
export const firstWords = (): Promise<void> => speak(firstLocale())

/** From now on in this language. */
export async function setLocale(locale: Locale): Promise<void> {
  await speak(locale)
  localStorage.setItem(KEY, locale)
}
