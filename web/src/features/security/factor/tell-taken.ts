import { allWords, i18n, seldomWords } from '../../../i18n/index.js'
import { useDialogs } from '../../../stores/dialogs.js'
import { toast } from '../../../ui/feedback/toasts.js'

/** Until the person has read it: they may come back from making coffee. */
const SHOWN_MS = 10 * 60_000

/** An administrator took the second factor: the password alone signs in again, which its owner must know. */
export async function tellTaken(): Promise<void> {
  await allWords().then(seldomWords)
  toast(i18n.t('factor.takenToast'), {
    tone: 'danger',
    about: 'second factor',
    ms: SHOWN_MS,
    action: { text: i18n.t('factor.toSettings'), run: () => useDialogs().open('settings') },
  })
}
