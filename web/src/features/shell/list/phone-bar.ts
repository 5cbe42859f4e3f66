import { seldomWords } from '../../../i18n/index.js'
import PhoneBar from './PhoneBar.vue'

await seldomWords()
/** With its words, which only a phone needs at once. */
export default PhoneBar
