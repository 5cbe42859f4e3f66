/** Helm templates as objects: marks stand where the template says something, and `write` puts the templates in their place. */
import { stringify } from 'yaml'

const mark = (/** @type {string} */ kind, /** @type {string} */ text) =>
  `⟪${kind}${Buffer.from(text).toString('base64url')}⟫`
const textOf = (/** @type {string} */ code) => Buffer.from(code, 'base64url').toString()

/** Helm reads YAML 1.1, in which `off` is a truth value. */
export const OPTIONS = /** @type {const} */ ({ lineWidth: 0, version: '1.1' })

/** A value, as `{{ .Values.host | quote }}`: what it yields is a scalar of YAML. @param {string} expression */
export const hole = (expression) => mark('v', expression)
/** A value of several lines, as `toYaml .Values.resources`. @param {string} expression */
export const block = (expression) => mark('b', expression)
/** Entries of a map, as `include "beseda.labels" .`. @param {string} expression */
export const entries = (expression) => ({ [mark('m', expression)]: null })
/** Items of a list that are there on a condition. @param {string} condition @param {readonly unknown[]} items */
export const itemsIf = (condition, ...items) => [mark('i', condition), ...items, mark('e', condition)]
/** Entries of a map that are there on a condition. @param {string} condition @param {object} map */
export const entriesIf = (condition, map) => ({ [mark('i', condition)]: null, ...map, [mark('e', condition)]: null })

const LINE = /^(\s*)(- )?⟪([mie])([\w-]+)⟫(?::.*)?$/
const BLOCK = /^(\s*(?:- )?)(.*:) ⟪b([\w-]+)⟫$/
const HOLE = /"?⟪v([\w-]+)⟫"?/g

/** @param {string} line */
function expand(line) {
  const [, indent = '', , kind, code = ''] = LINE.exec(line) ?? []
  if (kind === 'm') return `${indent}{{- ${textOf(code)} | nindent ${indent.length} }}`
  if (kind === 'i') return `${indent}{{- if ${textOf(code)} }}`
  if (kind === 'e') return `${indent}{{- end }}`
  const [, start = '', key, expression = ''] = BLOCK.exec(line) ?? []
  if (key) return `${start}${key} {{- ${textOf(expression)} | nindent ${start.length + 2} }}`
  return line.replace(HOLE, (_, text) => `{{ ${textOf(text)} }}`)
}

/** One object of Kubernetes as a document of a template. @param {object} object @param {string} [condition] */
export function write(object, condition) {
  const text = stringify(object, OPTIONS)
  const unsafe = /\{\{|\}\}/.exec(text)
  if (unsafe) throw new Error(`Helm would read "${unsafe[0]}" in ${text.slice(0, 200)}`)
  const document = `---\n${text.trimEnd().split('\n').map(expand).join('\n')}\n`
  return condition ? `{{- if ${condition} }}\n${document}{{- end }}\n` : document
}
