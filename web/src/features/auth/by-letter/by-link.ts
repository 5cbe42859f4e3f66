/** What a person meets who has forgotten a password, or follows the link of a letter: one file, fetched when it is first wanted. */
export { default as ConfirmEmail } from './ConfirmEmail.vue'
export { default as ForgotLink } from './ForgotLink.vue'
export { default as ForgotPassword } from './ForgotPassword.vue'
export { default as ResetPassword } from './ResetPassword.vue'
export { default as Unsubscribe } from './Unsubscribe.vue'
