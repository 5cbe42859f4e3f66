/** What a browser says of itself. */
export interface BrowserSigns {
  readonly userAgent: string
  /** Of `navigator.userAgentData`; empty where there is none. */
  readonly brands: readonly string[]
  /** Of an Android device. */
  readonly model: string
  readonly touchPoints: number
}

/** The name a browser goes by, and what only its user agent has. Browsers add theirs to those they descend from, so the first counts. */
const BROWSERS: readonly (readonly [name: string, sign: RegExp])[] = [
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\b(OPR|OPT|OPiOS|Opera)\//],
  ['Vivaldi', /\bVivaldi\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Yandex Browser', /\bYaBrowser\//],
  ['Brave', /\bBrave\//],
  ['DuckDuckGo', /\b(DuckDuckGo|Ddg)\//],
  ['Epiphany', /\bEpiphany\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chromium', /\bChromium\//],
  ['Chrome', /\b(Headless)?(Chrome|CriOS)\//],
  // Safari is on Apple's devices only: elsewhere it is another browser with the same engine.
  ['WebKitGTK', /\b(X11|Wayland|Linux)\b.* Safari\//],
  ['Safari', /\bSafari\//],
]

/** Brands of a Chromium that its user agent conceals. */
const BRANDS: readonly (readonly [name: string, brand: string])[] = [
  ['Edge', 'Microsoft Edge'],
  ['Opera', 'Opera'],
  ['Opera', 'Opera GX'],
  ['Vivaldi', 'Vivaldi'],
  ['Samsung Internet', 'Samsung Internet'],
  ['Yandex Browser', 'YaBrowser'],
  ['Yandex Browser', 'Yandex'],
  ['Brave', 'Brave'],
  ['DuckDuckGo', 'DuckDuckGo'],
  ['Chrome', 'Google Chrome'],
]

function browserOf({ userAgent, brands }: BrowserSigns): string {
  const branded = BRANDS.find(([, brand]) => brands.includes(brand))?.[0]
  const named = BROWSERS.find(([, sign]) => sign.test(userAgent))?.[0] ?? ''
  // The user agent of a Chromium says Chrome, whatever it is called.
  if (branded && (named === 'Chrome' || named === '')) return branded
  if (named === 'Chrome' && brands.includes('Chromium')) return 'Chromium'
  return named
}

function systemOf({ userAgent, model, touchPoints }: BrowserSigns): string {
  if (/\bAndroid\b/.test(userAgent)) return model || androidModel(userAgent) || 'Android'
  if (/\biPhone\b/.test(userAgent)) return 'iPhone'
  // An iPad asks for the pages that a Mac gets. No Mac has a touch screen.
  if (/\biPad\b/.test(userAgent) || (/\bMacintosh\b/.test(userAgent) && touchPoints > 1)) return 'iPad'
  if (/\bWindows\b/.test(userAgent)) return 'Windows'
  if (/\bMacintosh\b|\bMac OS X\b/.test(userAgent)) return 'macOS'
  if (/\bCrOS\b/.test(userAgent)) return 'ChromeOS'
  if (/\bFreeBSD\b|\bOpenBSD\b/.test(userAgent)) return 'BSD'
  return /\bLinux\b|\bX11\b/.test(userAgent) ? 'Linux' : ''
}

/** "Linux; Android 13; SM-S918B Build/…". Newer browsers put "K" for every model, and Firefox "Mobile". */
function androidModel(userAgent: string): string {
  const [, model = ''] = /Android [\d.]+; ([^;)]+?)( Build\/[^;)]*)?[;)]/.exec(userAgent) ?? []
  return /^(K|Mobile|Tablet|rv:.*|wv|[a-z]{2}[-_][a-z]{2})$/i.test(model) ? '' : model
}

/** "Firefox on Linux", "Samsung Internet on SM-S918B". */
export const nameOfDevice = (signs: BrowserSigns): string =>
  [browserOf(signs) || 'Browser', systemOf(signs)].filter(Boolean).join(' on ')

/** Not in the types of the DOM: Chromium only. */
interface UserAgentData {
  readonly brands?: readonly { readonly brand: string }[]
  getHighEntropyValues?(hints: readonly string[]): Promise<{ readonly model?: string }>
}

/** The name of this device in the list of a person's devices. */
export async function deviceName(): Promise<string> {
  const { userAgent, maxTouchPoints } = navigator
  const { userAgentData } = navigator as { readonly userAgentData?: UserAgentData }
  const brands = userAgentData?.brands?.map(({ brand }) => brand) ?? []
  // Refused by a permissions policy: the model stays unknown.
  const more = await userAgentData?.getHighEntropyValues?.(['model']).catch(() => undefined)
  return nameOfDevice({ userAgent, brands, model: more?.model ?? '', touchPoints: maxTouchPoints })
}
