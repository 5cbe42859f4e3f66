import { expect, test } from 'vitest'
import { firstLink } from './first-link.js'

test.each([
  ['look: https://example.org/a?b=c#d.', 'https://example.org/a?b=c#d'],
  ['(https://example.org/x)', 'https://example.org/x'],
  ['[words](https://example.org/x) and https://second.example', 'https://example.org/x'],
  ['**https://example.org**', 'https://example.org'],
  ['HTTP://EXAMPLE.ORG', 'HTTP://EXAMPLE.ORG'],
  ['no link here', undefined],
  ['`https://example.org` in code', undefined],
  ['```\nhttps://example.org\n```', undefined],
  ['||https://example.org|| hidden', undefined],
  ['javascript:alert(1)', undefined],
  ['https://', undefined],
])('of "%s" the first link is %s', (text, link) => expect(firstLink(text)).toBe(link))
