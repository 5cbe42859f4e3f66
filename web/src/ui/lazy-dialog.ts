import { type Component, defineAsyncComponent, defineComponent, h } from 'vue'

/** A dialog (`v-model:open`) that is fetched when it is first opened, and stays then: closing is part of it. */
export function lazyDialog<C extends Component>(load: () => Promise<{ readonly default: C }>): C {
  const View = defineAsyncComponent(load as () => Promise<Component>)
  const lazy = defineComponent({
    inheritAttrs: false,
    setup(_, { attrs, slots }) {
      let opened = false
      return () => {
        opened ||= attrs.open === true
        return opened ? h(View, attrs, slots) : null
      }
    },
  })
  return lazy as unknown as C
}
