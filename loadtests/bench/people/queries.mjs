/** @typedef {import('../lib/random.mjs').Random} Random */
/** @typedef {import('./names.mjs').Name} Name */
/** A query for a person, and whether a result is the person meant. */
/** @typedef {{ username: string, display_name: string }} Found */
/** @typedef {{ query: string, meant(found: Found): boolean }} Query */
/** @typedef {{ name: string, script: import('./names.mjs').Script, make(person: Name, random: Random): Query }} Kind */

/** Adds a typo: two letters swapped, one left out, one wrong. @param {string} text @param {Random} random */
function typo(text, random) {
  // People rarely mistype the first letter.
  const at = random.between(1, text.length > 3 ? text.length - 2 : 1)
  const [before, here, next, rest] = [text.slice(0, at), text[at] ?? '', text[at + 1] ?? '', text.slice(at + 2)]
  const alphabet = /[а-яё]/i.test(text) ? 'оеаитнсрвлк' : 'eaotinsrlhd'
  return random.of([
    () => before + next + here + rest,
    () => before + next + rest,
    () => before + random.of([...alphabet]) + next + rest,
  ])()
}

/** @param {string} text */
const plain = (text) => text.toLowerCase().replaceAll('ё', 'е')

/** Any name that contains the word. @param {string} word @returns {Query['meant']} */
const having = (word) => (found) => plain(found.display_name).includes(plain(word))

/** @type {readonly { name: string, make(person: Name, random: Random): Query }[]} */
const OF_NAMES = [
  ...[1, 2, 3].map((length) => ({
    name: `${length} letter${length > 1 ? 's' : ''}`,
    make: (/** @type {Name} */ { first, last }, /** @type {Random} */ random) => {
      const query = random.of([first, last]).slice(0, length)
      return { query, meant: having(query) }
    },
  })),
  { name: 'first name', make: ({ first }) => ({ query: first, meant: having(first) }) },
  {
    name: 'first and last name',
    make: ({ first, last }) => ({ query: `${first} ${last}`, meant: having(`${first} ${last}`) }),
  },
  { name: 'first name, a typo', make: ({ first }, random) => ({ query: typo(first, random), meant: having(first) }) },
  { name: 'last name, a typo', make: ({ last }, random) => ({ query: typo(last, random), meant: having(last) }) },
  {
    name: 'first and last name, a typo',
    make: ({ first, last }, random) => ({ query: typo(`${first} ${last}`, random), meant: having(`${first} ${last}`) }),
  },
]

/** User names are Latin. @type {typeof OF_NAMES} */
const OF_USER_NAMES = [
  { name: 'user name', make: ({ username }) => ({ query: username, meant: (found) => found.username === username }) },
  {
    name: 'user name, a typo',
    make: ({ username }, random) => ({ query: typo(username, random), meant: (found) => found.username === username }),
  },
]

/** @type {readonly Kind[]} */
export const KINDS = [
  ...OF_NAMES.map((kind) => ({ ...kind, script: /** @type {const} */ ('latin') })),
  ...OF_USER_NAMES.map((kind) => ({ ...kind, script: /** @type {const} */ ('latin') })),
  ...OF_NAMES.map((kind) => ({ ...kind, script: /** @type {const} */ ('cyrillic') })),
]
