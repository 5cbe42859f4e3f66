import { expect, test } from 'vitest'
import { readCalendarConfig } from './config.js'

const hosts = (text?: string) => readCalendarConfig({ CALENDAR_HOSTS: text }).trustedHosts

test.each<[string | undefined, string[]]>([
  [undefined, []],
  ['', []],
  [' , ', []],
  [' other.lan, Cloud.LAN:5232,', ['other.lan', 'cloud.lan:5232']],
  // What an address has no port for.
  ['cloud.lan:443,radicale.lan:80', ['cloud.lan', 'radicale.lan']],
  ['календарь.рф', ['xn--80aaldxhp0a2i.xn--p1ai']],
  ['10.0.0.1:5232,[FD00::1]:8443,localhost', ['10.0.0.1:5232', '[fd00::1]:8443', 'localhost']],
])('hosts of calendars are as addresses have them: %s', (text, expected) => {
  expect(hosts(text)).toEqual(expected)
})

test.each([
  'https://cloud.lan',
  'cloud.lan/dav',
  'ann@cloud.lan',
  '.lan',
  '*.lan',
  'cloud lan',
  'cloud.lan:x',
  ':80',
  'a..b',
])('what is no host is refused at the start: %s', (text) => {
  expect(() => hosts(`good.lan,${text}`)).toThrow(/^CALENDAR_HOSTS must be hosts/)
})
