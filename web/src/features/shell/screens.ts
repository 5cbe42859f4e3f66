/** What is behind the sign-in, as the router needs it. */
export { default as ConversationView, fetchBeside } from '../conversation/ConversationView.vue'
export { default as Shell } from './Shell.vue'
