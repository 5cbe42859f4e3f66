import { seldomWords } from '../../../i18n/index.js'
import AlsoInThread from './AlsoInThread.vue'

await seldomWords()
/** With its words, which are not loaded with a conversation. */
export default AlsoInThread
