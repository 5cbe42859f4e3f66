import type { Component } from 'vue'

/** What a message is shown with. */
export interface Surroundings {
  /** The name after the @ of a mention. */
  nameOf(target: string): string
  /** Whether a mention means the reader. */
  isMe(target: string): boolean
  /** Goes to a path of this client. */
  go(path: string): void
  /** Around the name of a person: opens their profile. Without it a name is text. */
  readonly card?: Component
  tableLabel(): string
}
