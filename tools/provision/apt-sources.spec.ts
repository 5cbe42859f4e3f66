import { describe, expect, test } from 'vitest'
import { chooseMirror, DEFAULT_MIRROR, readSources } from './apt-sources.mjs'

const mirrorOf = (name: string, text: string) => chooseMirror(readSources([{ name, text }]), 'bookworm')

describe('the mirror of a host', () => {
  test.each([
    ['plain', 'deb http://deb.debian.org/debian bookworm main', 'http://deb.debian.org/debian'],
    [
      'with options and a slash',
      'deb [arch=amd64 signed-by=/k.gpg] https://ftp.de.debian.org/debian/ stable main contrib',
      'https://ftp.de.debian.org/debian/',
    ],
    [
      'behind a cache',
      'deb http://localhost:3142/deb.debian.org/debian bookworm main',
      'http://localhost:3142/deb.debian.org/debian',
    ],
    ['below a folder', 'deb http://mirror.lan/debian/x bookworm main', 'http://mirror.lan/debian/x'],
    [
      'of a snapshot',
      'deb http://snapshot.debian.org/archive/debian/20260101T000000Z bookworm main',
      'http://snapshot.debian.org/archive/debian/20260101T000000Z',
    ],
  ])('%s', (_, text, uri) => {
    expect(mirrorOf('/etc/apt/sources.list', `# made by hand\n${text}\n`)).toBe(uri)
  })

  test("is a list of mirrors on Debian's cloud images", () => {
    const text = `# See /etc/apt/mirrors
Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: bookworm bookworm-updates bookworm-backports
Components: main

Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian-security.list
Suites: bookworm-security
Components: main
`
    expect(mirrorOf('/etc/apt/sources.list.d/debian.sources', text)).toBe('mirror+file:///etc/apt/mirrors/debian.list')
  })

  test('is read from multi-line stanzas, and disabled ones are ignored', () => {
    const text = `Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs:
 http://on.example/debian
Suites: bookworm
 bookworm-updates
Components: main
`
    expect(mirrorOf('debian.sources', text)).toBe('http://on.example/debian')
  })

  test('is not a third-party repository for Debian', () => {
    const text = `deb https://apt.example.com bookworm main
deb https://download.docker.com/linux/debian bookworm stable
deb http://security.debian.org/debian-security bookworm-security main
deb cdrom:[Debian 12]/ bookworm main
deb-src http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm main`
    expect(mirrorOf('x.list', text)).toBe('http://deb.debian.org/debian')
  })

  test('is Debian’s own where the host names none', () => {
    expect(mirrorOf('x.list', 'deb http://archive.ubuntu.com/ubuntu jammy main')).toBe(DEFAULT_MIRROR)
    expect(chooseMirror([], 'bookworm')).toBe(DEFAULT_MIRROR)
  })
})
