import { type Component, defineComponent, h, shallowRef } from 'vue'

/**
 * The items of a Menu, fetched when it is opened: most menus never are. `load` is for the Menu (`:load`), which opens when they are there;
 * `Items` stands inside it.
 */
export function lazyItems<C extends Component>(fetch: () => Promise<{ readonly default: C }>) {
  const loaded = shallowRef<Component>()
  async function load(): Promise<void> {
    loaded.value ??= (await fetch()).default
  }
  const Items = defineComponent({
    inheritAttrs: false,
    setup:
      (_, { attrs }) =>
      () =>
        loaded.value ? h(loaded.value, attrs) : null,
  })
  return { load, Items: Items as unknown as C }
}
