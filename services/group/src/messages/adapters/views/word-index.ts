import type { SqliteView } from '@beseda/event-log'
import type { MessagePosted } from '@beseda/proto/group/v1/events'
import { Contents } from '@beseda/proto/group/v1/group_service'
import { hasLink, replaceMentions } from '@beseda/rules'
import { termsOf as wordTermsOf } from '@beseda/rules/search'

/** Length of a group's number before each word: room for 36^6 groups. With it, the prefix indexes of the schema begin at two letters. */
const NUMBER_LENGTH = 6

/**
 * Every word is indexed with its group's number before it, so that each group has posting lists of its own: a search in a small
 * group never reads the words of large ones.
 */
export const markOf = (number: number | null | undefined): string =>
  (number ?? 0).toString(36).padStart(NUMBER_LENGTH, '0')

/** The same, for a group by its id. */
export const markOfGroup = (view: SqliteView, groupId: string): string =>
  markOf(view.get<{ number: number }>('SELECT number FROM grp WHERE id = ?', groupId)?.number)

/** What a message is, contains, and who wrote it, as words that no text can contain. */
export const facet = {
  /** Every message: to list those of a group without a word to look for. */
  any: '_m',
  has: (contents: Contents): string => `_h${contents}`,
  from: (authorId: string): string => `_u${authorId.replaceAll('-', '')}`,
}

/** What a message contains besides plain text. */
export function contentsOf({ attachments, text }: Pick<MessagePosted, 'attachments' | 'text'>): Contents[] {
  const kinds = new Set<Contents>()
  for (const { contentType, voice } of attachments) {
    if (voice) kinds.add(Contents.VOICE)
    else if (contentType.startsWith('image/')) kinds.add(Contents.PICTURE)
    else kinds.add(Contents.FILE)
    if (!voice && contentType.startsWith('video/')) kinds.add(Contents.VIDEO)
    if (!voice && contentType.startsWith('audio/')) kinds.add(Contents.AUDIO)
  }
  if (hasLink(text)) kinds.add(Contents.LINK)
  return [...kinds]
}

/** The texts of a message that are searched, of which only mentions are not words. */
export const searchedTexts = ({ text, attachments }: Pick<MessagePosted, 'attachments' | 'text'>): string[] => [
  replaceMentions(text, () => ' '),
  ...attachments.map(({ name }) => name),
]

/** All words under which the message is found. */
function termsOf(event: MessagePosted, mark: string): string {
  const facets = [facet.any, facet.from(event.authorId), ...contentsOf(event).map(facet.has)]
  const terms = new Set([...searchedTexts(event).flatMap(wordTermsOf), ...facets])
  return [...terms].map((term) => mark + term).join(' ')
}

export const index = (view: SqliteView, key: number, event: MessagePosted, mark: string): void =>
  void view.run('INSERT INTO message_text (rowid, words) VALUES (?, ?)', key, termsOf(event, mark))

/** The index stores no texts, so the words to remove have to be given again. */
export const unindex = (view: SqliteView, key: number, event: MessagePosted, mark: string): void =>
  void view.run(
    "INSERT INTO message_text (message_text, rowid, words) VALUES ('delete', ?, ?)",
    key,
    termsOf(event, mark),
  )
