import { describe, expect, it } from 'vitest'
import { budgetProblems, closure, eagerProblems, measure } from './budget.mjs'

const manifest = {
  'index.html': { file: 'index.js', css: ['index.css'], imports: ['_vue.js'] },
  '_vue.js': { file: 'vue.js' },
  'src/a.vue': { file: 'a.js', imports: ['_vue.js', '_shared.js'] },
  '_shared.js': { file: 'shared.js', css: ['index.css'], imports: ['_vue.js'] },
  'src/later.vue': { file: 'later.js' },
}
const sizeOf = (file: string) => file.length * 1000

describe('the files of a screen', () => {
  it('are those of its chunks and of all they import, each once', () => {
    expect(closure(manifest, ['index.html', 'src/a.vue']).files).toEqual([
      'index.js',
      'index.css',
      'vue.js',
      'a.js',
      'shared.js',
    ])
  })
  it('cannot be told when the build does not know the chunk', () => {
    expect(() => closure(manifest, ['src/moved.vue'])).toThrow('the build has no src/moved.vue')
  })
})

it('says what is too large, the largest chunk first', () => {
  const measured = measure(manifest, { name: 'first', most: 20_000, chunks: ['index.html'] }, sizeOf)
  expect(measured.total).toBe(23_000)
  expect(budgetProblems([measured])).toEqual([
    'first: 22.5 KB gzipped, 19.5 KB allowed\n     8.8 KB  index.css\n     7.8 KB  index.js\n     5.9 KB  vue.js',
  ])
  expect(budgetProblems([{ ...measured, most: 23_000 }])).toEqual([])
})

it('finds code of calls in a first screen', () => {
  const chunk = (file: string, imports: string[] = []) => ({ file, imports })
  const screens = {
    'index.html': chunk('index.js'),
    'src/i18n/ru.ts': chunk('ru.js'),
    'src/features/auth/SignIn.vue': chunk('sign-in.js'),
    'src/features/shell/Shell.vue': chunk('shell.js'),
    'src/features/shell/Nothing.vue': chunk('nothing.js'),
    'src/features/chat/ConversationView.vue': chunk('view.js', ['src/features/calls/window/CallWindow.vue']),
    'src/features/calls/window/CallWindow.vue': chunk('call.js'),
  }
  expect(eagerProblems(screens)).toEqual([
    'conversation holds src/features/calls/window/CallWindow.vue, which must be fetched when it is used',
  ])
})
