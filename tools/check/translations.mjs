import { existsSync, globSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inRoot } from '../lib/root.mjs'

/** Texts by key, nested to any depth. */
/** @typedef {{ [key: string]: string | Sentences }} Sentences */

/** All translations of the web client by locale, merged from their files. @returns {Promise<Record<string, Sentences>>} */
export async function readTranslations(folder = inRoot('web', 'src', 'i18n')) {
  const files = existsSync(folder) ? globSync(`${folder}/**/{??,??-??}.{json,ts}`) : []
  const entries = files.map(async (file) => {
    const options = extname(file) === '.json' ? { with: { type: 'json' } } : {}
    const module = await import(pathToFileURL(file).href, options)
    return /** @type {const} */ ([basename(file, extname(file)), module.default ?? Object.values(module)[0]])
  })
  /** @type {Record<string, Sentences>} */
  const locales = {}
  for (const [locale, sentences] of await Promise.all(entries)) {
    locales[locale] = { ...locales[locale], ...sentences }
  }
  return locales
}

/** @param {Sentences} sentences @returns {[string, string][]} paths and sentences */
export const flatten = (sentences, prefix = '') =>
  Object.entries(sentences).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${prefix}${key}`, value]] : flatten(value, `${prefix}${key}.`),
  )

const byText = (/** @type {string} */ a, /** @type {string} */ b) => a.localeCompare(b, 'en')

/** The names in `{name}` of a sentence, in all its plural forms, sorted. @param {string} sentence */
const placeholders = (sentence) => [...new Set(sentence.match(/\{\w+\}/g) ?? [])].sort(byText).join(' ')

/**
 * Checks that every locale has the same keys with the same placeholders, and that the client can parse each text.
 * @param {Record<string, Sentences>} locales @returns {string[]} problems
 */
export function translationProblems(locales) {
  const all = Object.entries(locales).map(
    ([locale, sentences]) => /** @type {const} */ ([locale, new Map(flatten(sentences))]),
  )
  if (all.length === 0) return ['no translations in web/src/i18n']
  const keys = new Set(all.flatMap(([, sentences]) => [...sentences.keys()]))
  return [...keys].sort(byText).flatMap((key) => [...problemsOf(key, all)])
}

/** @param {string} key @param {(readonly [string, Map<string, string>])[]} all */
function* problemsOf(key, all) {
  const lacking = all.filter(([, sentences]) => !sentences.get(key)).map(([locale]) => locale)
  if (lacking.length > 0) yield `${key} is missing in ${lacking.join(', ')}`
  const variants = new Set(all.flatMap(([, sentences]) => sentences.get(key) ?? []).map(placeholders))
  if (variants.size > 1) yield `${key} has different placeholders: ${[...variants].join(' / ')}`
  for (const [locale, sentences] of all) {
    const sentence = sentences.get(key)
    const error = sentence && unreadable(sentence)
    if (error) yield `${key} in ${locale}: ${error}`
  }
}

/** Syntax that the client (`web/src/i18n/message.ts`) would not understand. @param {string} sentence */
function unreadable(sentence) {
  const bare = sentence.replace(/\{\w+\}/g, '')
  if (/[{}]/.test(bare)) return 'an unmatched brace, or braces around something other than a name'
  if (sentence.split('|').some((form) => form.trim() === '')) return 'an empty plural form'
  return /\S\||\|\S/.test(sentence) ? '| needs a space on both sides' : undefined
}
