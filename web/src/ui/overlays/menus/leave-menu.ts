import type { InjectionKey } from 'vue'

/** Gives the focus back to the button of the menu, before what was chosen takes it elsewhere. */
export const LEAVE_MENU: InjectionKey<() => void> = Symbol('leave menu')
