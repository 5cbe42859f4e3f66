import { nameOnly } from './one-line.js'

/** What a person has missed. */
export interface MissedMessages {
  readonly mentions: number
  /** In direct chats; in a digest, in all conversations. */
  readonly messages: number
  readonly conversations: number
  /** Only where the installation says so. */
  readonly named: readonly { readonly name: string; readonly messages: number; readonly mentions: number }[]
  /** For the link that ends these letters. */
  readonly unsubscribeCode: string
}

/** A count with its noun; the forms are those of `Intl.PluralRules`. */
type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>

const EN = {
  and: ' and ',
  mentions: { one: 'mention', other: 'mentions' },
  direct: { one: 'direct message', other: 'direct messages' },
  messages: { one: 'message', other: 'messages' },
  conversations: { one: 'conversation', other: 'conversations' },
  inside: (messages: string, conversations: string) => `${messages} in ${conversations}`,
} as const
const RU = {
  and: ' и ',
  mentions: { one: 'упоминание', few: 'упоминания', many: 'упоминаний' },
  direct: { one: 'личное сообщение', few: 'личных сообщения', many: 'личных сообщений' },
  messages: { one: 'сообщение', few: 'сообщения', many: 'сообщений' },
  // Prepositional case: "in … conversations".
  conversations: { one: 'беседе', few: 'беседах', many: 'беседах' },
  inside: (messages: string, conversations: string) => `${messages} в ${conversations}`,
} as const
const [IN_ENGLISH, IN_RUSSIAN] = [new Intl.PluralRules('en'), new Intl.PluralRules('ru')]

/** Where counting stops, one counter of one conversation. */
const COUNTED = 1_000

const counted = (count: number, forms: Forms, russian: boolean): string =>
  `${count}${count >= COUNTED ? '+' : ''} ${forms[(russian ? IN_RUSSIAN : IN_ENGLISH).select(count)] ?? forms.other ?? ''}`

/** As in "2 mentions and 1 direct message", or "5 messages and 1 mention in 3 conversations". */
export function countsText(
  { mentions, messages, conversations }: Omit<MissedMessages, 'named' | 'unsubscribeCode'>,
  digest: boolean,
  russian: boolean,
): string {
  const words = russian ? RU : EN
  const parts = [
    ...(messages > 0 ? [counted(messages, digest ? words.messages : words.direct, russian)] : []),
    ...(mentions > 0 ? [counted(mentions, words.mentions, russian)] : []),
  ]
  const both = parts.join(words.and)
  return digest ? words.inside(both, counted(conversations, words.conversations, russian)) : both
}

/** A line for each conversation that is named, as in "Chess: 3 messages and 1 mention". */
export function namedLines({ named }: Pick<MissedMessages, 'named'>, russian: boolean): readonly string[] {
  const words = russian ? RU : EN
  return named.map(({ name, messages, mentions }) => {
    const parts = [
      ...(messages > 0 ? [counted(messages, words.messages, russian)] : []),
      ...(mentions > 0 ? [counted(mentions, words.mentions, russian)] : []),
    ]
    return `${nameOnly(name)}: ${parts.join(words.and)}`
  })
}
