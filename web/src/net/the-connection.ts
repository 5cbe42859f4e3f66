import { log } from '../diagnostics/log.js'
import { Connection } from './connection.js'
import { browserLinkParts } from './link/browser-link.js'
import { GatewayLink } from './link/gateway-link.js'
import { whenBack, whenLeaving } from './page-life.js'
import { carryBy } from './rpc.js'
import { session } from './stored-session.js'
import { openTabChannel, whenLeading } from './tabs/channel.js'
import { keepUploadLimit } from './upload-limit.js'

/** The connection of this window. */
export const connection = new Connection({
  link: (listener) => new GatewayLink(browserLinkParts, listener),
  openChannel: openTabChannel,
  whenLeading,
  userId: () => session.value?.userId ?? '',
  log,
})
carryBy(connection)
connection.on('ready', ({ maxUploadBytes }) => keepUploadLimit(maxUploadBytes))
whenLeaving((frozen) => (frozen ? connection.pause() : connection.leave()))
whenBack(() => connection.unpause())
