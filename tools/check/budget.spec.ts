import { describe, expect, it } from 'vitest'
import { BUDGETS, budgetProblems, closure, eagerProblems, firstVisit, measure, shellProblems } from './budget.mjs'

const manifest = {
  'index.html': { file: 'index.js', css: ['index.css'], imports: ['_vue.js'] },
  '_vue.js': { file: 'vue.js' },
  'src/a.vue': { file: 'a.js', imports: ['_vue.js', '_shared.js'] },
  '_shared.js': { file: 'shared.js', css: ['index.css'], imports: ['_vue.js'] },
  'src/later.vue': { file: 'later.js' },
}
const sizeOf = (file: string) => file.length * 1000

describe('the files of a screen', () => {
  it('are those of its chunks and of all static imports, each once', () => {
    expect(closure(manifest, ['index.html', 'src/a.vue']).files).toEqual([
      'index.js',
      'index.css',
      'vue.js',
      'a.js',
      'shared.js',
    ])
  })
  it('cannot be determined when the chunk is not in the build', () => {
    expect(() => closure(manifest, ['src/moved.vue'])).toThrow('the build has no src/moved.vue')
  })
})

it('reports what is too large, the largest chunk first', () => {
  const measured = measure(manifest, { name: 'first', most: 20_000, chunks: ['index.html'] }, sizeOf)
  expect(measured.total).toBe(23_000)
  expect(budgetProblems([measured])).toEqual([
    'first: 22.5 KB compressed, 19.5 KB allowed\n     8.8 KB  index.css\n     7.8 KB  index.js\n     5.9 KB  vue.js',
  ])
  expect(budgetProblems([{ ...measured, most: 23_000 }])).toEqual([])
})

it('counts what is fetched beside the chunks', () => {
  const measured = measure(manifest, { name: 'first', most: 0, chunks: ['_vue.js'] }, sizeOf, ['font.woff2'])
  expect(measured.files).toEqual([
    { file: 'font.woff2', bytes: 10_000 },
    { file: 'vue.js', bytes: 6_000 },
  ])
})

it('counts a first visit: hashed files once, the pack and the worker, and the others that the worker asks for again', () => {
  const page = ['index.html', 'theme.js', 'assets/first.js', 'assets/font.woff2']
  const files = ['/index.html', '/theme.js', '/assets/first.js', '/assets/shell.js', '/assets/font.woff2']
  const { requests, measured } = firstVisit(page, { files, pack: '/assets/pack.json' }, () => 1)
  expect(measured.files.map(({ file }) => file)).toEqual([...page, 'assets/shell.js', 'sw.js', 'assets/pack.json'])
  expect(measured.total).toBe(7)
  // The page's four; index.html, theme.js and the shell for the worker; the worker, the pack, and the ways to sign in.
  expect(requests).toBe(10)
})

describe('what is opened before signing in', () => {
  const build = {
    'reset.vue': { file: 'reset.js', imports: ['_clock.js'] },
    '_clock.js': { file: 'clock.js' },
    '_shell.js': { file: 'shell.js', name: 'shell' },
  }
  it('imports nothing from the shell, not through others either', () => {
    expect(shellProblems(build, ['reset.vue'])).toEqual([])
    const through = { ...build, '_clock.js': { file: 'clock.js', imports: ['_shell.js'] } }
    expect(shellProblems(through, ['reset.vue'])).toEqual([
      'reset.vue imports from the shell, which is then fetched before anybody has signed in',
    ])
  })
  it('is only checked against a shell that is there', () =>
    expect(() => shellProblems(manifest, ['index.html'])).toThrow('no file "shell"'))
})

describe('lazy code', () => {
  const manifest = Object.fromEntries(
    BUDGETS.flatMap(({ chunks }) => chunks).map((key) => [key, { file: `${key}.js`, imports: ['_shared.js'] }]),
  )
  const build = { ...manifest, '_shared.js': { file: 'shared.js' } }

  it('is found in what the screens share', () => {
    const modules = { 'shared.js': ['src/a.ts', 'src/features/calls/window/CallWindow.vue'] }
    expect(eagerProblems(build, modules, [/calls\/window/])).toEqual(
      BUDGETS.map(
        ({ name }) => `${name} holds src/features/calls/window/CallWindow.vue, which must be fetched when it is used`,
      ),
    )
  })
  it('is allowed in other chunks', () =>
    expect(
      eagerProblems(build, { 'later.js': ['src/features/calls/window/CallWindow.vue'] }, [/calls\/window/]),
    ).toEqual([]))
  it('must exist: a pattern that matches nothing guards nothing', () =>
    expect(eagerProblems(build, { 'shared.js': ['src/a.ts'] }, [/moved/])).toEqual([
      '/moved/ matches nothing in the build: tools/check/budget.mjs guards nothing',
    ]))
})
