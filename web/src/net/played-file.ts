import { serviceWorkers } from '../browser.js'
import { TOKEN_WANTED } from '../sw/played-files.js'
import { accessToken } from './session.js'

let listens = false

/**
 * An address from which an element plays a file piece by piece, without having it whole: the service worker adds the token, which it asks of this
 * page. Undefined: there is no worker.
 */
export function playedUrl(fileId: string): string | undefined {
  if (!serviceWorkers?.controller) return undefined
  if (!listens) serviceWorkers.addEventListener('message', answer)
  listens = true
  return `/api/files/${fileId}?play`
}

function answer({ data, ports: [port] }: MessageEvent): void {
  if (data !== TOKEN_WANTED) return
  accessToken().then(
    (token) => port?.postMessage(token ?? ''),
    // Signed out, or out of reach: the server refuses.
    () => port?.postMessage(''),
  )
}
