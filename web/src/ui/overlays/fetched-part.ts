import { type Component, defineComponent, h, shallowRef } from 'vue'
import { handled } from '../../diagnostics/log.js'

/**
 * A component that is fetched by whoever knows that it will be needed, and otherwise when it is first shown. Once fetched, it is there in
 * the same frame as what is around it.
 */
export function fetchedPart<C extends Component>(load: () => Promise<{ readonly default: C }>) {
  const loaded = shallowRef<Component>()
  async function fetch(): Promise<void> {
    loaded.value ??= (await load()).default
  }
  const Part = defineComponent({
    inheritAttrs: false,
    setup(_, { attrs, slots }) {
      void fetch().catch(handled('part'))
      return () => (loaded.value ? h(loaded.value, attrs, slots) : null)
    },
  })
  return { fetch, Part: Part as unknown as C }
}
