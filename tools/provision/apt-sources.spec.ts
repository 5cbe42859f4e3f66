import { describe, expect, test } from 'vitest'
import { chooseMirror, readSources } from './apt-sources.mjs'

const mirrorOf = (name: string, text: string) => chooseMirror(readSources([{ name, text }]), 'bookworm')

describe('the mirror of a host', () => {
  test.each([
    ['plain', 'deb http://mirror.example/debian bookworm main', 'http://mirror.example/debian'],
    [
      'with options and a slash',
      'deb [arch=amd64 signed-by=/k.gpg] https://ftp.example/debian/ stable main contrib',
      'https://ftp.example/debian/',
    ],
    [
      'behind a cache',
      'deb http://localhost:3142/mirror.example/debian bookworm main',
      'http://localhost:3142/mirror.example/debian',
    ],
    ['below a folder', 'deb http://mirror.lan/debian/x bookworm main', 'http://mirror.lan/debian/x'],
    [
      'of a snapshot',
      'deb http://snapshot.example/archive/debian/20260101T000000Z bookworm main',
      'http://snapshot.example/archive/debian/20260101T000000Z',
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
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian bookworm main`
    expect(mirrorOf('x.list', text)).toBe('http://mirror.example/debian')
  })

  test('is undefined where the host names none', () => {
    expect(mirrorOf('x.list', 'deb http://archive.example/ubuntu jammy main')).toBeUndefined()
    expect(chooseMirror([], 'bookworm')).toBeUndefined()
  })
})
