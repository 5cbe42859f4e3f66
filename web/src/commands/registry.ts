import { onScopeDispose, shallowRef } from 'vue'

/** The section of a command in the help and in the palette. */
export const SECTIONS = ['go', 'conversation', 'message', 'call', 'app'] as const
export type Section = (typeof SECTIONS)[number]

/**
 * A command: one action of a person. The palette, the key bindings and the help are all built from commands.
 * Functions are evaluated when shown, so that they follow the language and the current screen.
 */
export interface Command {
  readonly id: string
  readonly section: Section
  readonly title: () => string
  /** Such as `Mod+K` (Mod: Ctrl, and Cmd on a Mac), `Alt+Shift+ArrowDown`, `F6` or `?`; the first one is shown. */
  readonly keys?: readonly string[]
  /** Without it the keys are handled elsewhere (in a text box, say) and the command is only listed in the help. */
  readonly run?: () => unknown
  /** False when it cannot run now: its keys do nothing and the palette omits it; the help still lists it. */
  readonly enabled?: () => boolean
  /** Not in the palette: it is useful by keys only. */
  readonly keysOnly?: boolean
  /** The keys also work while a dialog or a menu is open. */
  readonly overDialogs?: boolean
}

const lists = shallowRef<readonly (readonly Command[])[]>([])

/** All commands of the current screen. Of two with the same id the later one wins. */
export function allCommands(): readonly Command[] {
  return [...new Map(lists.value.flat().map((command) => [command.id, command])).values()]
}

/** Commands that can run now. */
export const availableCommands = (): readonly Command[] =>
  allCommands().filter(({ run, enabled }) => run !== undefined && enabled?.() !== false)

/** Adds commands for as long as the component (or the effect scope) lives. */
export function useCommands(commands: readonly Command[]): void {
  lists.value = [...lists.value, commands]
  onScopeDispose(() => {
    lists.value = lists.value.filter((list) => list !== commands)
  })
}
