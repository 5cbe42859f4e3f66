import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { type DAVAccount, type DAVResponse, fetchHomeUrl, fetchPrincipalUrl, propfind, serviceDiscovery } from 'tsdav'
import { CalendarFailed, type FoundCalendar } from '../../application/calendar-ports.js'
import { isPlainXml } from './plain-xml.js'
import { type Ask, type CalendarRequests, failed, failureOf } from './requests.js'

/** More is no list to choose from. */
const MOST_CALENDARS = 100
/** Of the address of a calendar; longer ones cannot be connected. */
const ADDRESS_LENGTH = 1_024
/** Longer names are cut. */
const NAME_LENGTH = 100
const PROPERTIES = { 'd:resourcetype': {}, 'd:displayname': {}, 'c:supported-calendar-component-set': {} }

/** The calendar at an address; undefined: something else is there. Where it says that it is, it may not lead elsewhere. Errors: CalendarFailed. */
export async function calendarAt(url: string, requests: CalendarRequests): Promise<FoundCalendar | undefined> {
  const fetch = fetchBy(requests)
  const [answer] = await propfind({ url, props: PROPERTIES, depth: '0', fetch }).catch((error: unknown) => {
    // The library takes an answer for what it should be, and stumbles where it is something else.
    throw error instanceof CalendarFailed ? error : failed(CalendarFailure.BAD_ANSWER)
  })
  // A server that has nothing to show at its first page says where calendars are elsewhere (RFC 6764).
  const failure = answer ? failureOf(answer.status) : undefined
  if (failure === CalendarFailure.CREDENTIALS || failure === CalendarFailure.BUSY) throw failed(failure)
  const found = failure === undefined && answer ? calendarOf(answer, url) : undefined
  if (found && !isOwn(found.url, requests)) throw failed(CalendarFailure.BAD_ANSWER)
  return found
}

/** All calendars of whoever signs in, by RFC 6764 and RFC 4791, 6.2.1. Errors: CalendarFailed. */
export async function calendarsOf(serverUrl: string, requests: CalendarRequests): Promise<readonly FoundCalendar[]> {
  let failure: CalendarFailure | undefined
  // The library tells what went wrong in words, and some of it not at all.
  const fetch = fetchBy(requests, (what) => {
    failure = what
  })
  try {
    let account: DAVAccount = { accountType: 'caldav', serverUrl }
    account = { ...account, rootUrl: await serviceDiscovery({ account, fetch }) }
    account = { ...account, principalUrl: await fetchPrincipalUrl({ account, fetch }) }
    const url = await fetchHomeUrl({ account, fetch })
    const answers = await propfind({ url, props: PROPERTIES, depth: '1', fetch })
    const found = answers.flatMap((one) => calendarOf(one, url) ?? []).filter((one) => isOwn(one.url, requests))
    if (found.length > 0) return found.slice(0, MOST_CALENDARS)
  } catch (error) {
    throw error instanceof CalendarFailed ? error : failed(failure ?? CalendarFailure.NOT_FOUND)
  }
  throw failed(failure ?? CalendarFailure.NOT_FOUND)
}

/** Undefined: it is no calendar, or one for tasks alone. */
function calendarOf({ href, ok, props }: DAVResponse, base: string): FoundCalendar | undefined {
  const { resourcetype, supportedCalendarComponentSet, displayname } = props ?? {}
  if (!ok || !isRecord(resourcetype) || !('calendar' in resourcetype)) return undefined
  const kinds = isRecord(supportedCalendarComponentSet) ? namesOf(supportedCalendarComponentSet.comp) : []
  if (kinds.length > 0 && !kinds.includes('VEVENT')) return undefined
  const address = textOf(href)
  if (address === '' || !URL.canParse(address, base)) return undefined
  return { url: new URL(address, base).href, name: textOf(displayname).slice(0, NAME_LENGTH) }
}

/** Whether an address is on this server, and nothing but an address: what is kept is asked again with the password, whenever a call changes. */
function isOwn(address: string, requests: CalendarRequests): boolean {
  const { href, username, password, search, hash } = new URL(address)
  const isBare = [username, password, search, hash].every((part) => part === '')
  return isBare && href.length <= ADDRESS_LENGTH && requests.isHome(href)
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** One component, or several. */
const namesOf = (components: unknown): readonly unknown[] =>
  [components].flat().map((one) => (isRecord(one) && isRecord(one._attributes) ? one._attributes.name : undefined))

function textOf(value: unknown): string {
  if (isRecord(value)) return textOf(value._cdata ?? value._text ?? '')
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : ''
}

/** The library reads whatever calls itself so. */
const isXml = ({ ok, headers }: Response) => ok && headers.get('content-type')?.toLowerCase().includes('xml') === true

/** The guard as the library wants it. */
const fetchBy = (requests: CalendarRequests, onFailure: (failure: CalendarFailure) => void = () => undefined) =>
  (async (url: string, { method, headers, body, redirect }: Ask = {}) => {
    try {
      const answer = await requests.ask(url, { method, headers, body, redirect })
      const failure = failureOf(answer.status)
      if (failure !== undefined && answer.status >= 400) onFailure(failure)
      if (isXml(answer) && !isPlainXml(await answer.clone().text())) throw failed(CalendarFailure.BAD_ANSWER)
      return answer
    } catch (error) {
      if (error instanceof CalendarFailed) onFailure(error.reason)
      throw error
    }
  }) as typeof fetch
