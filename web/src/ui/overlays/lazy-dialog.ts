import { type Component, defineComponent, h, ref, shallowRef, watchEffect } from 'vue'
import { i18n } from '../../i18n/index.js'
import { toast } from '../feedback/toasts.js'

/**
 * A dialog (`v-model:open`) that is fetched when first opened, and stays mounted, because closing is part of it. It is mounted
 * closed and opened after that, so that its work on opening (filling fields, requests) happens the first time, too. `words`: texts that
 * it needs beside those of the shell.
 */
export function lazyDialog<C extends Component>(
  load: () => Promise<{ readonly default: C }>,
  words: () => Promise<void> = async () => undefined,
): C {
  const lazy = defineComponent({
    props: { open: { type: Boolean, default: false } },
    inheritAttrs: false,
    setup(props, { attrs, slots }) {
      const view = shallowRef<Component>()
      const mounted = ref(false)
      let asked = false
      const closed = () => {
        const { 'onUpdate:open': tell } = attrs
        if (typeof tell === 'function') tell(false)
        toast(i18n.t('errors.UNAVAILABLE'), { tone: 'danger' })
      }
      watchEffect(() => {
        if (!props.open || asked) return
        asked = true
        Promise.all([load(), words()]).then(
          ([{ default: loaded }]) => {
            view.value = loaded
          },
          // It is not open, whatever its parent assumes: the next click opens it, and fetches again.
          () => {
            asked = false
            closed()
          },
        )
      })
      const onVnodeMounted = () => {
        mounted.value = true
      }
      return () =>
        view.value ? h(view.value, { ...attrs, open: props.open && mounted.value, onVnodeMounted }, slots) : null
    },
  })
  return lazy as unknown as C
}
