/** A part of a line. Texts keep their new lines, spaces and signs as they were typed. */
export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'strong' | 'em' | 'del' | 'spoiler'; readonly inside: readonly Inline[] }
  | { readonly type: 'code'; readonly text: string }
  | Link
  /** A user id, `all` or `admins`. */
  | { readonly type: 'mention'; readonly target: string }

export interface Link {
  readonly type: 'link'
  /** As it was typed; one without a scheme gets `https://` or `mailto:`. */
  readonly href: string
  readonly inside: readonly Inline[]
  /** It has words of its own instead of its address. */
  readonly named: boolean
}

export interface ListItem {
  /** As it was typed: `-`, `*`, `+`, `7.`, `7)`. */
  readonly marker: string
  /** Of a task list. */
  readonly done?: boolean
  readonly blocks: readonly Block[]
}

export type Align = 'start' | 'center' | 'end' | undefined

/** A part of a message that stands on lines of its own. */
export type Block =
  | { readonly type: 'paragraph'; readonly inside: readonly Inline[] }
  | { readonly type: 'heading'; readonly level: number; readonly inside: readonly Inline[] }
  | { readonly type: 'quote' | 'spoiler'; readonly blocks: readonly Block[] }
  | { readonly type: 'list'; readonly ordered: boolean; readonly items: readonly ListItem[] }
  /** The first row is the head. Rows can be of different length. */
  | {
      readonly type: 'table'
      readonly align: readonly Align[]
      readonly rows: readonly (readonly (readonly Inline[])[])[]
    }
  /** `language`: the word after the fence, may be empty. */
  | { readonly type: 'code'; readonly text: string; readonly language: string }
  /** A line between two parts, with the signs that were typed. */
  | { readonly type: 'rule'; readonly text: string }
