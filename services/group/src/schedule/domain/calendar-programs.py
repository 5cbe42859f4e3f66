"""Reads an iCalendar object from standard input as another program does: argv[1] is `icalendar` or `vobject`. Prints JSON."""
import json
import sys
from datetime import timezone


def utc(time):
    return int(time.astimezone(timezone.utc).timestamp() * 1000)


def by_icalendar(text):
    from icalendar import Calendar

    calendar = Calendar.from_ical(text)
    events = [
        {
            'uid': str(event['UID']),
            'summary': str(event.get('SUMMARY', '')),
            'sequence': int(event['SEQUENCE']),
            'start': utc(event.decoded('DTSTART')),
            'organizer': str(event.get('ORGANIZER', '')),
            'attendee': str(event.get('ATTENDEE', '')),
            'broken': [str(error) for error in event.errors],
        }
        for event in calendar.walk('VEVENT')
    ]
    return {'method': str(calendar['METHOD']), 'events': events}


def by_vobject(text):
    import vobject

    calendar = vobject.readOne(text)
    events = calendar.vevent_list
    starts = [utc(start) for event in events for start in event.getrruleset(addRDate=True) or [event.dtstart.value]]
    return {'method': calendar.method.value, 'uids': [event.uid.value for event in events], 'starts': sorted(starts)}


json.dump({'icalendar': by_icalendar, 'vobject': by_vobject}[sys.argv[1]](sys.stdin.buffer.read().decode()), sys.stdout)
