import type { InjectionKey } from 'vue'

/** Does something when the menu has closed. */
export const AFTER_MENU: InjectionKey<(work: () => void) => void> = Symbol('after menu')
