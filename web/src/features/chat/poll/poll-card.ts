import { seldomWords } from '../../../i18n/index.js'
import PollCard from './PollCard.vue'

await seldomWords()
/** With its words, which are not loaded with a conversation. */
export default PollCard
