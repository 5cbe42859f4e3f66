import { defineComponent, h, ref } from 'vue'
import { useI18n } from '../../../i18n/index.js'

/** Hidden words, or with `block` whole paragraphs, until they are asked for. They keep their place, so that nothing moves. */
export default defineComponent({
  name: 'SpoilerText',
  props: { block: { type: Boolean, default: false } },
  setup({ block }, { slots }) {
    const { t } = useI18n()
    const shown = ref(false)
    const reveal = () => {
      shown.value = true
    }
    const onKeydown = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== ' ') return
      event.preventDefault()
      reveal()
    }
    const tag = block ? 'div' : 'span'
    const looks = block ? 'block w-fit max-w-full rounded px-1' : 'rounded box-decoration-clone px-0.5'
    const column = block ? 'flex flex-col gap-1' : ''
    return () =>
      shown.value
        ? // Who came with the keyboard stays here.
          h(tag, { class: `${looks} bg-soft`, tabindex: -1 }, h(tag, { class: column }, slots.default?.()))
        : h(
            tag,
            {
              class: `${looks} cursor-pointer bg-edge select-none`,
              role: 'button',
              tabindex: 0,
              'aria-label': t('chat.spoiler'),
              onClick: reveal,
              onKeydown,
            },
            h(tag, { class: `${column} invisible`, 'aria-hidden': true, inert: true }, slots.default?.()),
          )
  },
})
