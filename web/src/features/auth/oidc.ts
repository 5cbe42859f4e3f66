import { identity } from '../../net/clients/identity.js'

const KEY = 'beseda.oidc'

/** What this window waits for while it is at the provider. */
export interface Waiting {
  readonly flow: string
  /** To join the provider to the account that is signed in. */
  readonly link: boolean
  readonly next: string
}

/** Leaves for the provider. */
export async function goToProvider(providerId: string, { link, next }: Omit<Waiting, 'flow'>): Promise<void> {
  const { authorizationUrl, flow } = await identity.startOidc({ providerId })
  keepWaiting({ flow, link, next })
  location.assign(authorizationUrl)
}

export const keepWaiting = (waiting: Waiting): void => sessionStorage.setItem(KEY, JSON.stringify(waiting))

/** What was waited for, once; undefined: this window did not ask. */
export function takeWaiting(): Waiting | undefined {
  const text = sessionStorage.getItem(KEY)
  sessionStorage.removeItem(KEY)
  return text ? (JSON.parse(text) as Waiting) : undefined
}
