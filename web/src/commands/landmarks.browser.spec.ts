import { afterEach, expect, test } from 'vitest'
import { cycleLandmarks, landmarks } from './landmarks.js'

function page(html: string): HTMLElement {
  const root = document.createElement('div')
  root.innerHTML = html
  document.body.replaceChildren(root)
  return root
}
afterEach(() => document.body.replaceChildren())

const shell = () =>
  page(`
    <nav data-landmark id="rail"><a href="#1">one</a><a href="#2" id="current" aria-current="page">two</a></nav>
    <aside data-landmark id="hidden" style="display: none"><button>unseen</button></aside>
    <main data-landmark>
      <div role="log" id="log"><p>Hello</p></div>
      <textarea id="write"></textarea>
    </main>
    <aside data-landmark id="members"><button id="first">A</button><button id="second">B</button></aside>
  `)
const focused = () => document.activeElement?.id

test('regions are the visible ones, inner ones instead of their containers', () => {
  expect(landmarks(shell()).map(({ id }) => id)).toEqual(['rail', 'log', 'write', 'members'])
})

test('F6 cycles to the current link, to the list itself, and back again', () => {
  const root = shell()
  const visited = Array.from({ length: 5 }, () => {
    cycleLandmarks(1, root)
    return focused()
  })
  expect(visited).toEqual(['current', 'log', 'write', 'first', 'current'])
  cycleLandmarks(-1, root)
  expect(focused()).toBe('first')
})

test('the focus returns to where it was in a region', () => {
  const root = shell()
  root.querySelector<HTMLElement>('#second')?.focus()
  cycleLandmarks(1, root)
  cycleLandmarks(-1, root)
  expect(focused()).toBe('second')
})

test('without a focus, moving backwards begins at the last region', () => {
  cycleLandmarks(-1, shell())
  expect(focused()).toBe('first')
})
