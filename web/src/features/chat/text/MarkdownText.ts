import { parseMarkup } from '@beseda/rules'
import { computed, defineComponent, h } from 'vue'
import { useRouter } from 'vue-router'
import { useI18n } from '../../../i18n/index.js'
import { useAccount } from '../../../stores/account.js'
import { useDirectory } from '../../../stores/directory.js'
import ProfileCard from '../../people/ProfileCard.vue'
import { mentionName } from './mention-name.js'
import { renderBlocks } from './render-blocks.js'
import type { Surroundings } from './surroundings.js'

/** Up to three emoji and nothing else: shown large. */
const EMOJI_ONLY =
  /^\s*(?:(?:[\u{1F1E6}-\u{1F1FF}]{2}|\p{Extended_Pictographic}(?:\uFE0F|[\u{1F3FB}-\u{1F3FF}]|\u200D\p{Extended_Pictographic})*)\s*){1,3}$/u

/** A message as VNodes: no HTML is ever made from text, so none can be injected. */
export default defineComponent({
  name: 'MarkdownText',
  props: { text: { type: String, required: true } },
  setup(props) {
    const directory = useDirectory()
    const account = useAccount()
    const router = useRouter()
    const { t } = useI18n()
    const parsed = computed(() => parseMarkup(props.text))
    const around: Surroundings = {
      nameOf: (target) => mentionName(target, directory.nameOf, t),
      isMe: (target) => target === account.userId || target === 'all',
      go: (path) => void router.push(path),
      card: ProfileCard,
      tableLabel: () => t('chat.table'),
    }
    return () =>
      EMOJI_ONLY.test(props.text)
        ? h('p', { class: 'text-[2.25rem] leading-tight' }, props.text)
        : h('div', { class: 'flex flex-col gap-1' }, renderBlocks(parsed.value, around))
  },
})
