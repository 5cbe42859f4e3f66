import { onScopeDispose, shallowRef } from 'vue'

/** Where a command stands in the help and in the palette. */
export const SECTIONS = ['go', 'conversation', 'message', 'call', 'app'] as const
export type Section = (typeof SECTIONS)[number]

/**
 * One thing a person can do. The palette, the key bindings and the help are all made of these.
 * Functions are asked when they are shown, so that they follow the language and what is open.
 */
export interface Command {
  readonly id: string
  readonly section: Section
  readonly title: () => string
  /** As in `Mod+K` (Mod: Ctrl, and Cmd on a Mac), `Alt+Shift+ArrowDown`, `F6` or `?`; the first is the one shown. */
  readonly keys?: readonly string[]
  /** Without it the keys are handled elsewhere (in a text box, say) and only the help tells of them. */
  readonly run?: () => unknown
  /** False: it makes no sense now. Its keys do nothing, the palette leaves it out, the help still tells of it. */
  readonly enabled?: () => boolean
  /** Not in the palette: it is of use by keys only. */
  readonly keysOnly?: boolean
  /** The keys count while a dialog or a menu is open, too. */
  readonly overDialogs?: boolean
}

const lists = shallowRef<readonly (readonly Command[])[]>([])

/** All commands of what is on the screen. Of two with the same id the later one counts. */
export function allCommands(): readonly Command[] {
  return [...new Map(lists.value.flat().map((command) => [command.id, command])).values()]
}

/** Commands that can be done now. */
export const availableCommands = (): readonly Command[] =>
  allCommands().filter(({ run, enabled }) => run !== undefined && enabled?.() !== false)

/** Adds commands for as long as the component (or the effect scope) lives. */
export function useCommands(commands: readonly Command[]): void {
  lists.value = [...lists.value, commands]
  onScopeDispose(() => {
    lists.value = lists.value.filter((list) => list !== commands)
  })
}
