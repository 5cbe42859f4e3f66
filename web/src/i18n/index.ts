import { createI18n } from 'vue-i18n'
import { russianPlural } from './plural.js'

export const LOCALES = { en: 'English', ru: 'Русский' } as const
export type Locale = keyof typeof LOCALES

/** Only the language that is spoken is fetched. */
const MESSAGES = { en: () => import('./en.js'), ru: () => import('./ru.js') }
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
  global.locale.value = locale
  document.documentElement.lang = locale
}

/** The sentences of this person's language; nothing is shown before they are there. */
export const firstWords = (): Promise<void> => speak(firstLocale())

/** From now on in this language. */
export async function setLocale(locale: Locale): Promise<void> {
  await speak(locale)
  localStorage.setItem(KEY, locale)
}
