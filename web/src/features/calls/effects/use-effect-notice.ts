import { watch } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { effectWords, useI18n } from '../../../i18n/index.js'
import { announce } from '../../../ui/feedback/announce.js'
import { toast } from '../../../ui/feedback/toasts.js'
import { effectTrouble } from './trouble.js'

/** Long enough for somebody who is talking to notice it: it may be about who sees their room. */
const SHOWN_MS = 15_000

/** Tells the person that an effect has switched itself off. */
export function useEffectNotice(): void {
  const { t } = useI18n()
  watch(effectTrouble, (trouble) => {
    if (!trouble) return
    const tell = () => {
      const sentence = t(`effects.trouble.${trouble}`)
      toast(sentence, { tone: 'danger', ms: SHOWN_MS, about: 'effects' })
      announce(sentence)
    }
    void effectWords().then(tell).catch(handled('calls.effects'))
  })
}
