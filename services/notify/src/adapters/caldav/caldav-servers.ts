import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import {
  CalendarServers,
  type CalendarSignIn,
  type EventPlace,
  type FoundCalendar,
} from '../../application/calendar-ports.js'
import { calendarAt, calendarsOf } from './discovery.js'
import { type CalendarGuard, CalendarRequests, failed, failureOf } from './requests.js'

/** How often something else may be changed there while we write. */
const MOST_CONFLICTS = 2
const DONE = 204
/** A condition does not hold any more. */
const CHANGED_MEANWHILE = 412

/** CalDAV over the guard for requests to the outside. Every change is on condition of what is there, so nothing of others is overwritten. */
export class CaldavServers extends CalendarServers {
  constructor(private readonly guard: CalendarGuard) {
    super()
  }

  async find(address: string, signIn: CalendarSignIn): Promise<readonly FoundCalendar[]> {
    const requests = this.#requests(address, signIn)
    const itself = await calendarAt(address, requests)
    return itself ? [itself] : calendarsOf(address, requests)
  }

  async open(url: string, signIn: CalendarSignIn): Promise<FoundCalendar> {
    const calendar = await calendarAt(url, this.#requests(url, signIn))
    if (!calendar) throw failed(CalendarFailure.NOT_FOUND)
    return calendar
  }

  async write(place: EventPlace, text: string, signIn: CalendarSignIn): Promise<void> {
    const requests = this.#requests(place.url, signIn)
    await withoutConflict(async () => {
      const present = await lookAt(place, requests)
      if (present.kind === 'foreign') throw failed(CalendarFailure.FORBIDDEN)
      const condition = present.kind === 'ours' ? { 'if-match': present.etag } : { 'if-none-match': '*' }
      const headers = { 'content-type': 'text/calendar; charset=utf-8', ...condition }
      const { status } = await requests.ask(addressOf(place), { method: 'PUT', headers, body: text })
      if (isGone(status) || status === 409) await lookForCalendar(place, requests)
      return status
    })
  }

  async remove(place: EventPlace, signIn: CalendarSignIn): Promise<void> {
    const requests = this.#requests(place.url, signIn)
    await withoutConflict(async () => {
      const present = await lookAt(place, requests)
      if (present.kind !== 'ours') return DONE
      const { status } = await requests.ask(addressOf(place), {
        method: 'DELETE',
        headers: { 'if-match': present.etag },
      })
      return isGone(status) ? DONE : status
    })
  }

  #requests(address: string, signIn: CalendarSignIn): CalendarRequests {
    if (!URL.canParse(address)) throw failed(CalendarFailure.UNREACHABLE)
    return new CalendarRequests(new URL(address), signIn, this.guard)
  }
}

type Present = { readonly kind: 'nothing' | 'foreign' } | { readonly kind: 'ours'; readonly etag: string }

/** What is at the address of an event of ours. */
async function lookAt(place: EventPlace, requests: CalendarRequests): Promise<Present> {
  const answer = await requests.ask(addressOf(place), { headers: { accept: 'text/calendar' } })
  if (isGone(answer.status)) return { kind: 'nothing' }
  require(answer.status)
  if (!(await answer.text()).includes(`UID:${place.uid}@`)) return { kind: 'foreign' }
  const etag = answer.headers.get('etag')
  // Every calendar server has one (RFC 4791, 5.3.4).
  if (!etag) throw failed(CalendarFailure.BAD_ANSWER)
  return { kind: 'ours', etag }
}

/**
 * An event has no place: if its calendar is gone, that is why. Otherwise something of the event is in its way (RFC 4791, 5.3.2.1: another one has
 * its UID), and the calendar takes others.
 */
async function lookForCalendar({ url }: EventPlace, requests: CalendarRequests): Promise<never> {
  throw failed((await calendarAt(url, requests)) ? CalendarFailure.CONFLICT : CalendarFailure.NOT_FOUND)
}

/** Somebody may change the event between the look and the change: then it is looked at again. `change` answers with a status. */
async function withoutConflict(change: () => Promise<number>): Promise<void> {
  for (let conflicts = 0; ; conflicts++) {
    const status = await change()
    if (status !== CHANGED_MEANWHILE || conflicts === MOST_CONFLICTS) {
      require(status)
      return
    }
  }
}

const isGone = (status: number): boolean => status === 404 || status === 410

function require(status: number): void {
  const failure = failureOf(status)
  if (failure !== undefined) throw failed(failure)
}

const addressOf = ({ url, uid }: EventPlace): URL => new URL(`${uid}.ics`, url.endsWith('/') ? url : `${url}/`)
