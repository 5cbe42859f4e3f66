import { limitText } from '../../i18n/formats.js'
import { i18n } from '../../i18n/index.js'
import { errorSentence } from '../../net/errors.js'
import { toast } from './toasts.js'

/** Shows a toast with the reason of a failure, where there is no form to show it in. */
export function tellError(error: unknown): void {
  const { key, values, bytes = 0 } = errorSentence(error)
  const size = limitText(bytes, i18n.locale.value)
  toast(i18n.t(key, { when: i18n.t('common.soon'), ...values, bytes: size }), { tone: 'danger' })
}
