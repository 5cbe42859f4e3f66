import { isBlank } from '@beseda/rules'

/** What a provider tells about a person. Anything may be missing. */
export interface Claims {
  readonly preferred_username?: string | undefined
  readonly email?: string | undefined
  readonly name?: string | undefined
}

const LONGEST = 32
const SHORTEST = 3
/** Numbered candidates. More: more names are tried when a common one is taken. */
const NUMBERED = 20

/** The usual transliteration of Cyrillic. */
const LATIN: Readonly<Record<string, string>> = Object.fromEntries(
  'а a,б b,в v,г g,д d,е e,ё e,ж zh,з z,и i,й y,к k,л l,м m,н n,о o,п p,р r,с s,т t,у u,ф f,х kh,ц ts,ч ch,ш sh,щ shch,ы y,э e,ю yu,я ya'
    .split(',')
    .map((pair) => pair.split(' ') as [string, string]),
)

/** User names for a person who comes from a provider, best first. `suffix` makes the last candidate unique. */
export function usernameCandidates(claims: Claims, suffix: string): readonly string[] {
  const wanted = [claims.preferred_username, claims.email?.split('@')[0], claims.name].map((text) =>
    toUsername(text ?? ''),
  )
  const base = wanted.find((name) => name.length >= SHORTEST) ?? 'user'
  const numbered = Array.from({ length: NUMBERED }, (_, i) => withEnd(base, String(i + 2)))
  const first = base === 'user' ? [] : [base, ...numbered]
  return [...first, withEnd(base, `-${suffix}`)]
}

export function displayNameOf({ name, preferred_username, email }: Claims): string {
  const seen = [name, preferred_username, email?.split('@')[0]].find((text) => text !== undefined && !isBlank(text))
  return [...(seen?.trim() ?? 'New')].slice(0, 64).join('')
}

/** Only letters, digits, dots, dashes and underscores; begins with a letter or digit. */
function toUsername(text: string): string {
  return [...text.toLowerCase().normalize('NFKD')]
    .map((letter) => LATIN[letter] ?? letter)
    .join('')
    .replace(/\s+/g, '.')
    .replace(/[^a-z0-9._-]/g, '')
    .replace(/^[._-]+/, '')
    .slice(0, LONGEST)
}

const withEnd = (base: string, end: string): string => base.slice(0, LONGEST - end.length) + end
