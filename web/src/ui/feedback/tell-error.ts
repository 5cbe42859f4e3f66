import { i18n } from '../../i18n/index.js'
import { errorSentence } from '../../net/errors.js'
import { toast } from './toasts.js'

/** Says in passing why something did not work, where there is no form to say it in. */
export function tellError(error: unknown): void {
  const { key, values } = errorSentence(error)
  toast(i18n.t(key, { when: i18n.t('common.soon'), ...values }), { tone: 'danger' })
}
