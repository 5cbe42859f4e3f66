import { audit as englishAudit, rules as englishRules } from '@beseda/rules/audit/en'
import { audit as russianAudit, rules as russianRules } from '@beseda/rules/audit/ru'

/** The words of an exported page. The sentences about events are those of the client's audit log. */
export interface ExportWords {
  readonly locale: string
  readonly audit: typeof englishAudit
  readonly rules: typeof englishRules
  readonly deletedAccount: string
  readonly all: string
  readonly admins: string
  /** `{text}`: the question of a poll, and its options. */
  readonly poll: string
  /** Above the messages; `{zone}`: of all times on the page. */
  readonly timeZone: string
}

const ENGLISH: ExportWords = {
  locale: 'en',
  audit: englishAudit,
  rules: englishRules,
  deletedAccount: 'Deleted account',
  all: 'all',
  admins: 'admins',
  poll: 'Poll: {text}',
  timeZone: 'Time zone: {zone}',
}
const RUSSIAN: ExportWords = {
  locale: 'ru',
  audit: russianAudit,
  rules: russianRules,
  deletedAccount: 'Удалённая учётная запись',
  all: 'все',
  admins: 'админы',
  poll: 'Опрос: {text}',
  timeZone: 'Часовой пояс: {zone}',
}

/** English, where there are no words in the language (BCP 47). */
export const exportWords = (locale: string): ExportWords => (/^ru\b/i.test(locale) ? RUSSIAN : ENGLISH)
