import { newId } from '@beseda/kernel'
import { localStore, serviceWorkers } from '../../browser.js'
import { i18n } from '../../i18n/index.js'
import { notify } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { useNotifications } from '../../stores/notifications.js'

/** The person this browser is subscribed for: the next person who signs in has not asked for pushes. */
const OWNER_KEY = 'beseda.push.owner'

/**
 * Why this browser cannot receive pushes, or whether they are on. `insecure`: the page came over plain HTTP; `install`: a phone or tablet of
 * Apple, where only installed apps receive them.
 */
export type PushState = 'unsupported' | 'insecure' | 'install' | 'blocked' | 'off' | 'on'

/** Without the service worker, the push manager or the permission there are no pushes. */
function whyUnsupported(): 'unsupported' | 'insecure' | 'install' {
  if (!isSecureContext) return 'insecure'
  const isApple =
    /iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)
  return isApple && !matchMedia('(display-mode: standalone)').matches ? 'install' : 'unsupported'
}

export const isSupported = (): boolean =>
  serviceWorkers !== undefined && 'PushManager' in window && 'Notification' in window

async function present(): Promise<PushSubscription | null> {
  const registration = await serviceWorkers?.getRegistration()
  return (await registration?.pushManager.getSubscription()) ?? null
}

/** The push state of this device, according to the browser and the server. */
export async function pushState(): Promise<PushState> {
  if (!isSupported()) return whyUnsupported()
  if (Notification.permission === 'denied') return 'blocked'
  const subscription = await present()
  const known = useNotifications().endpointHash
  if (!subscription || !known) return 'off'
  return (await hashOf(subscription.endpoint)) === hex(known) ? 'on' : 'off'
}

/** Asks the person for permission, subscribes at the browser's push service, and registers with the server. */
export async function turnOn(): Promise<PushState> {
  const store = useNotifications()
  if (!isSupported()) return whyUnsupported()
  if (!store.pushKey) return 'unsupported'
  if ((await Notification.requestPermission()) !== 'granted') return pushState()
  // Recorded before the subscription exists: a page that connects at this moment would otherwise end it as one without an owner.
  own()
  const registration = await serviceWorkers?.ready
  if (!registration) return 'unsupported'
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: store.pushKey,
  })
  await tellServer(subscription)
  await store.load()
  return pushState()
}

export async function turnOff(): Promise<PushState> {
  await notify.unsubscribePush({ commandId: newId() })
  await endPush()
  await useNotifications().load()
  return pushState()
}

/**
 * Stops pushes to this browser. The server, which may be out of reach, need not be notified: the session has ended or will end, and the
 * push service no longer knows the address.
 */
export async function endPush(): Promise<void> {
  localStore.removeItem(OWNER_KEY)
  if (isSupported()) await (await present())?.unsubscribe()
}

/**
 * Registers the subscription again: a browser may change its address by itself, and a sign-in creates a new session. A subscription
 * of another person is ended.
 */
export async function renewPush(): Promise<void> {
  if (!isSupported() || Notification.permission !== 'granted') return
  const subscription = await present()
  if (!subscription) return
  if ((await pushState()) === 'on') own()
  else if (localStore.getItem(OWNER_KEY) === useAccount().userId) await tellServer(subscription)
  else await endPush()
}

const own = (): void => localStore.setItem(OWNER_KEY, useAccount().userId)

async function tellServer(subscription: PushSubscription): Promise<void> {
  const key = (name: PushEncryptionKeyName) => new Uint8Array(subscription.getKey(name) ?? new ArrayBuffer(0))
  await notify.subscribePush({
    commandId: newId(),
    endpoint: subscription.endpoint,
    p256dh: key('p256dh'),
    auth: key('auth'),
    locale: i18n.locale.value,
  })
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
const hashOf = async (text: string): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
