import { type Component, defineAsyncComponent } from 'vue'
import { i18n } from '../../i18n/index.js'
import { toast } from '../feedback/toasts.js'

/**
 * A panel or a dialog that is fetched when it is first shown. Where it cannot be fetched, the person is told, and `close` takes back what asked
 * for it, so that the next attempt fetches again and nothing seems to be open meanwhile.
 */
export const lazyPart = <C extends Component>(load: () => Promise<{ readonly default: C }>, close: () => void) =>
  defineAsyncComponent({
    loader: async () => (await load()).default,
    onError(_error, _retry, fail) {
      toast(i18n.t('errors.UNAVAILABLE'), { tone: 'danger' })
      close()
      fail()
    },
  })
