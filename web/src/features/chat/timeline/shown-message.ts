import type { ChatMessage } from '../../../sync/model/model.js'

/** A message on the screen: one of the log, or one that is still being sent. */
export type ShownMessage = ChatMessage & {
  readonly state: 'sent' | 'sending' | 'refused'
  /** Name of the reason for which the server refused it. */
  readonly refused: string | undefined
}
