import type { Ref } from 'vue'

/** The element that scrolls; inside it, one as high as all rows together; inside that, the block of rendered rows. */
export interface ElementRefs {
  readonly scroller: Ref<HTMLElement | undefined>
  readonly sizer: Ref<HTMLElement | undefined>
  readonly block: Ref<HTMLElement | undefined>
}

/** What is read from the elements of a list, pixels. Before they are mounted everything is 0. */
export class ListElements {
  constructor(readonly refs: ElementRefs) {}

  get scroller(): HTMLElement | undefined {
    return this.refs.scroller.value
  }

  get height(): number {
    return this.scroller?.clientHeight ?? 0
  }

  get scrollTop(): number {
    return this.scroller?.scrollTop ?? 0
  }

  /** Where the rows begin. */
  get origin(): number {
    return this.refs.sizer.value?.offsetTop ?? 0
  }

  get leftToEnd(): number {
    const element = this.scroller
    return element ? element.scrollHeight - element.clientHeight - element.scrollTop : 0
  }
}
