import { windowStore } from '../../browser.js'
import { identity } from '../../net/clients/identity.js'

const KEY = 'beseda.oidc'

/** The pending request of this window while it is at the provider. */
export interface Waiting {
  readonly flow: string
  /** Links the provider to the account that is signed in. */
  readonly link: boolean
  readonly next: string
  /** What lets somebody register who has no account; absent: nothing. */
  readonly code?: string
}

/** Redirects to the provider. */
export async function goToProvider(providerId: string, waiting: Omit<Waiting, 'flow'>): Promise<void> {
  const { authorizationUrl, flow } = await identity.startOidc({ providerId })
  keepWaiting({ flow, ...waiting })
  location.assign(authorizationUrl)
}

export const keepWaiting = (waiting: Waiting): void => windowStore.setItem(KEY, JSON.stringify(waiting))

/** The pending request, returned once; undefined when this window made none. */
export function takeWaiting(): Waiting | undefined {
  const text = windowStore.getItem(KEY)
  windowStore.removeItem(KEY)
  return text ? (JSON.parse(text) as Waiting) : undefined
}
