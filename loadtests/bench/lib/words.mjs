import { Random, Zipf } from './random.mjs'

const RUSSIAN =
  'а е и о у ка ко ло ла ра ро на но ни та то ти ва во ви да до де ма мо ми са со си ста сто пра про бы жи чи ше ле ре не те ве пе по па ба бо го га за зо ню лю ря'.split(
    ' ',
  )
const RUSSIAN_ENDS = 'ть т л ла ли ний ный ная ное ок ка ки ком ость ение ения нием ов ами ах ом ой у ю я'.split(' ')
const ENGLISH =
  'a e i o u ka ko lo la ra ro na no ni ta to ti va vo da de ma mo mi sa so si sta sto pra pro be di che she le re ne te ve pe po pa ba bo go ga con ex in un tri'.split(
    ' ',
  )
const ENGLISH_ENDS = 'd n r t s ng ing ed er ly tion ness ment able ful ist ry st nd ck'.split(' ')

const SIZE = 5_000

/** An invented word that looks and stems like real ones. @param {Random} random */
function word(random) {
  const russian = random.next() < 0.6
  const length = random.between(1, 3)
  const syllables = Array.from({ length }, () => random.of(russian ? RUSSIAN : ENGLISH))
  return syllables.join('') + random.of(russian ? RUSSIAN_ENDS : ENGLISH_ENDS)
}

/** Most frequent first; two thirds are Russian. @param {Random} random */
function vocabularyOf(random) {
  /** @type {Set<string>} */
  const words = new Set()
  while (words.size < SIZE) words.add(word(random))
  // Short words are more frequent than long ones.
  return [...words].sort((a, b) => a.length - b.length)
}

/** Messages: sentences, and sometimes a unique word, such as an order number. */
export class Speech {
  vocabulary = vocabularyOf(new Random(1))
  #zipf = new Zipf(this.vocabulary)

  /** @param {Random} random */
  word(random) {
    return this.#zipf.draw(random)
  }

  /** 5 to 25 words. @param {Random} random */
  sentence(random) {
    return Array.from({ length: random.between(5, 25) }, () => this.word(random)).join(' ')
  }
}

/** @param {number} n */
export const rareWord = (n) => `заказ${String(n).padStart(7, '0')}`
