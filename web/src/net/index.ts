/**
 * The interface of the network for the rest of the client. The build includes only what a screen uses (`vite.config.ts`): the client
 * of a service, with all its messages, is fetched where it is called.
 */
export { calls } from './clients/calls.js'
export { groups } from './clients/groups.js'
export { history } from './clients/history.js'
export { identity } from './clients/identity.js'
export { mail } from './clients/mail.js'
export { mediaKeys } from './clients/media-keys.js'
export { membership } from './clients/membership.js'
export { moderation } from './clients/moderation.js'
export { notify } from './clients/notify.js'
export { polls } from './clients/polls.js'
export { presence } from './clients/presence.js'
export { previews } from './clients/previews.js'
export { schedule } from './clients/schedule.js'
export * from './errors.js'
export { deviceId, forgetSession, session } from './session.js'
export { connection } from './the-connection.js'
