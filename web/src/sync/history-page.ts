import type { ListMessagesRequestSchema } from '@beseda/proto/group/v1/group_service'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { ChatMessage, Conversation } from './model/model.js'

/** The place of a page, and its line. */
export type PageRequest = Omit<MessageInitShape<typeof ListMessagesRequestSchema>, 'groupId' | '$typeName'>
/** An answer with messages. */
export interface Page {
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  /** The page includes all messages up to this sequence. */
  readonly asOf: number
  /** Applies the answer, together with later commits, to the current conversation. */
  messages(conversation: Conversation): readonly ChatMessage[]
}

/** Fetches a page; `take` applies it. */
export type FetchPage = <T>(groupId: string, request: PageRequest, take: (page: Page) => T) => Promise<T>
