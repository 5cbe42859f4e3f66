import { createI18n } from 'vue-i18n'
import en from './en.js'
import { russianPlural } from './plural.js'
import ru from './ru.js'

export const LOCALES = { en: 'English', ru: 'Русский' } as const
export type Locale = keyof typeof LOCALES

const KEY = 'beseda.locale'
const isLocale = (text: string | null): text is Locale => text === 'en' || text === 'ru'

function firstLocale(): Locale {
  const chosen = localStorage.getItem(KEY)
  if (isLocale(chosen)) return chosen
  return navigator.languages.some((language) => language.startsWith('ru')) ? 'ru' : 'en'
}

export const i18n = createI18n({
  legacy: false,
  locale: firstLocale(),
  fallbackLocale: 'en',
  messages: { en, ru },
  pluralRules: { ru: russianPlural },
})
document.documentElement.lang = i18n.global.locale.value

export function setLocale(locale: Locale): void {
  i18n.global.locale.value = locale
  localStorage.setItem(KEY, locale)
  document.documentElement.lang = locale
}
