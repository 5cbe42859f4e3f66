import ICAL from 'ical.js'

/** An iCalendar object as another program reads it. Errors: it is none. */
export const readCalendar = (text: string): ICAL.Component => new ICAL.Component(ICAL.parse(text))
