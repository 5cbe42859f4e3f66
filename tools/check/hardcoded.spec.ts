import { expect, test } from 'vitest'
import { callsIn, hardCodedIn } from './hardcoded.mjs'

const vue = (template: string, script = '') =>
  `<script setup lang="ts">\n${script}\n</script>\n\n<template>\n${template}\n</template>\n`
const texts = (source: string) => hardCodedIn(source).map(({ text }) => text)

test.each([
  ['<p>Hello there</p>', 'Hello there'],
  ['<p>Привет</p>', 'Привет'],
  ['<button title="Close" />', 'Close'],
  ['<button aria-label="Close" />', 'Close'],
  ['<input placeholder="Find people">', 'Find people'],
  ['<img alt="A picture">', 'A picture'],
  [`<TextField :label="'Your name'" />`, 'Your name'],
  [`<button :title="open ? 'Close it' : t('a.b')" />`, 'Close it'],
  [`<p>{{ done ? 'Saved' : t('a.b') }}</p>`, 'Saved'],
  ['<div><p v-if="a"><b>Deep inside</b></p></div>', 'Deep inside'],
])('%s contains %s', (template, text) => expect(texts(vue(template))).toEqual([text]))

test.each([
  `<p>{{ t('shell.back') }}</p>`,
  `<button :aria-label="t('common.close')" class="flex text-sm" type="button" />`,
  '<p>Beseda</p>',
  '<p>@{{ name }} · 3 %</p>',
  "<p :class=\"open ? 'Upper lower' : ''\" />",
  '<img alt="">',
])('%s contains no text', (template) => expect(texts(vue(template))).toEqual([]))

test('arguments of toast and announce are found, too', () => {
  expect(
    texts(vue('<p />', `toast('Saved it')\nannounce(t('a.b'))\ntoast(text)\nannounce(\`\${who}: \${text}\`)`)),
  ).toEqual(['Saved it'])
  expect(callsIn(`x()\nannounce("Microphone off", { urgent: true })`)).toEqual([{ line: 2, text: 'Microphone off' }])
})

test('the line is that of the file', () => {
  expect(hardCodedIn(vue('<div>\n  <p>Words</p>\n</div>'))).toEqual([{ line: 7, text: 'Words' }])
})
