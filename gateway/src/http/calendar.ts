import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { createHash } from 'node:crypto'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RateClass } from '@beseda/proto/common/v1/policy'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { createClient, type Transport } from '@connectrpc/connect'
import { refused, send } from './answer.js'
import type { HttpPorts } from './ports.js'

const TIMEOUT_MS = 10_000
/** Programs that ask more often get what they have. Longer: a call that was moved is elsewhere late; shorter: more questions for nothing. */
const MAX_AGE_S = 300
const FILE = /^(?<token>[A-Za-z0-9_-]{22})\.ics$/

interface CalendarPorts extends Pick<HttpPorts, 'addressOf' | 'requests' | 'guessLimit' | 'onFailure'> {
  readonly publicUrl: string | undefined
}

interface Calendar {
  readonly text: string
  readonly etag: string
}

/** `GET` and `HEAD` of `/calendar/<token>.ics`: the scheduled calls of whoever has made this link, for a calendar elsewhere. No cookies, no account. */
export function serveCalendars(app: TemplatedApp, rpc: Transport, ports: CalendarPorts): void {
  const schedules = createClient(ScheduleService, rpc)
  const serve = (method: 'get' | 'head') => (res: HttpResponse, req: HttpRequest) => {
    const [file, address, known] = [
      req.getParameter(0) ?? '',
      ports.addressOf(res, req),
      req.getHeader('if-none-match'),
    ]
    const origin = ports.publicUrl ? new URL(ports.publicUrl).origin : `http://${req.getHeader('host')}`
    let aborted = false
    res.onAborted(() => {
      aborted = true
    })
    const read = async (): Promise<Calendar> => {
      const token = FILE.exec(file)?.groups?.token
      if (token === undefined) throw new Refusal(ErrorReason.CALENDAR_NOT_FOUND)
      const { icalendar } = await ports.guessLimit.check(token, address, async () => {
        await ports.requests.limit(RateClass.CALENDAR, `calendar ${token}`)
        return schedules.readCalendarFeed({ token, origin }, { timeoutMs: TIMEOUT_MS })
      })
      return { text: icalendar, etag: `"${createHash('sha256').update(icalendar).digest('base64url')}"` }
    }
    void read().then(
      (calendar) => {
        if (!aborted) sendCalendar(res, method, calendar, known)
      },
      (error: unknown) => {
        const answer = refused(error, ports.onFailure)
        if (!aborted) send(res, answer)
      },
    )
  }
  app.get('/calendar/:file', serve('get'))
  app.head('/calendar/:file', serve('head'))
}

function sendCalendar(res: HttpResponse, method: 'get' | 'head', { text, etag }: Calendar, known: string): void {
  const same = known.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
  res.cork(() => {
    res.writeStatus(same ? '304 Not Modified' : '200 OK')
    res.writeHeader('ETag', etag).writeHeader('Cache-Control', `private, max-age=${MAX_AGE_S}`)
    res.writeHeader('Referrer-Policy', 'no-referrer').writeHeader('X-Content-Type-Options', 'nosniff')
    if (!same) {
      res.writeHeader('Content-Type', 'text/calendar; charset=utf-8')
      res.writeHeader('Content-Disposition', 'inline; filename="beseda.ics"')
    }
    if (method === 'head') res.endWithoutBody(same ? undefined : Buffer.byteLength(text))
    else res.end(same ? undefined : text)
  })
}
