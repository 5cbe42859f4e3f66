import { describe, expect, test } from 'vitest'
import type { Picture, Preview, PreviewResult } from './ports.js'
import { Previews } from './previews.js'

const HOUR = 3_600_000
const picture: Picture = { bytes: new Uint8Array([1]), width: 3, height: 2 }
const page = (title: string, image = '') =>
  `<html><head><title>${title}</title>${image && `<meta property="og:image" content="${image}">`}</head></html>`

/** The web, answered by the test, and a cache in memory. */
function world({ enabled = true } = {}) {
  const fetched: string[] = []
  const results: PreviewResult[] = []
  const kept = new Map<string, { readonly preview: Preview | undefined; readonly until: number }>()
  const answers = {
    page: async (url: URL): Promise<{ html: string; url: URL }> => ({ html: page(`title of ${url.pathname}`), url }),
    picture: async (_url: URL): Promise<Picture> => picture,
  }
  const previews = new Previews(
    {
      page: (url) => {
        fetched.push(url.href)
        return answers.page(url)
      },
      picture: (url) => answers.picture(url),
    },
    {
      get: (url, now) => {
        const one = kept.get(url)
        return one && one.until > now ? { preview: one.preview } : undefined
      },
      put: (url, preview, until) => void kept.set(url, { preview, until }),
    },
    { fetched: (result) => void results.push(result) },
    enabled,
  )
  return { previews, fetched, results, answers }
}
/** A page that answers when the test says so. */
function slow({ answers }: ReturnType<typeof world>) {
  const { promise, resolve } = Promise.withResolvers<void>()
  answers.page = async (url) => {
    await promise
    return { html: page('slow'), url }
  }
  return resolve
}

describe('a page', () => {
  test('is fetched once for everybody, whatever part of it a link names', async () => {
    const { previews, fetched, results } = world()
    const first = await previews.of('https://a.example/x#top', 'ann', 0)
    expect(first).toMatchObject({ title: 'title of /x', picture: undefined })
    expect(await previews.of('https://a.example/x#end', 'bob', HOUR)).toEqual(first)
    expect([fetched, results]).toEqual([['https://a.example/x'], ['found']])
  })

  test('is fetched again after a day', async () => {
    const { previews, fetched } = world()
    for (const now of [0, 24 * HOUR - 1, 24 * HOUR]) await previews.of('https://a.example/', 'ann', now)
    expect(fetched).toHaveLength(2)
  })

  test('two people who ask at once wait for one fetch', async () => {
    const here = world()
    const answer = slow(here)
    const both = [here.previews.of('https://a.example/', 'ann', 0), here.previews.of('https://a.example/', 'bob', 0)]
    answer()
    expect(await Promise.all(both)).toMatchObject([{ title: 'slow' }, { title: 'slow' }])
    expect(here.fetched).toHaveLength(1)
  })

  test('that says nothing about itself has no preview, and is not asked again', async () => {
    const { previews, answers, fetched, results } = world()
    answers.page = async (url) => ({ html: '<p>hello', url })
    for (const now of [0, 1]) expect(await previews.of('https://a.example/', 'ann', now)).toBeUndefined()
    expect([fetched.length, results]).toEqual([1, ['empty']])
  })

  test('that cannot be fetched is tried again after an hour', async () => {
    const { previews, answers, fetched, results } = world()
    answers.page = () => Promise.reject(new Error('refused'))
    for (const now of [0, HOUR - 1, HOUR]) expect(await previews.of('https://a.example/', 'ann', now)).toBeUndefined()
    expect([fetched.length, results]).toEqual([2, ['failed', 'failed']])
  })

  test.each(['', 'no address', 'https://'])('"%s" is none', async (address) => {
    const { previews, fetched } = world()
    expect(await previews.of(address, 'ann', 0)).toBeUndefined()
    expect(fetched).toEqual([])
  })
})

describe('the picture', () => {
  const withPicture = () => {
    const here = world()
    here.answers.page = async (url) => ({ html: page('with picture', '/p.png'), url: new URL('/moved/', url) })
    return here
  }

  test('is found from where the page was, after redirects', async () => {
    const { previews, answers } = withPicture()
    const asked: string[] = []
    answers.picture = async (url) => {
      asked.push(url.href)
      return picture
    }
    expect(await previews.of('https://a.example/', 'ann', 0)).toMatchObject({ picture })
    expect(asked).toEqual(['https://a.example/p.png'])
  })

  test('that cannot be fetched leaves the words', async () => {
    const { previews, answers, results } = withPicture()
    answers.picture = () => Promise.reject(new Error('too large'))
    expect(await previews.of('https://a.example/', 'ann', 0)).toMatchObject({
      title: 'with picture',
      picture: undefined,
    })
    expect(results).toEqual(['found'])
  })
})

describe('pages that do not answer', () => {
  test('of one person are few, and take nothing from others', async () => {
    const here = world()
    const answer = slow(here)
    const mine = Array.from({ length: 5 }, (_, i) => here.previews.of(`https://a.example/${i}`, 'ann', 0))
    expect(await mine[4]).toBeUndefined()
    const theirs = here.previews.of('https://b.example/', 'bob', 0)
    answer()
    expect(await theirs).toMatchObject({ title: 'slow' })
    await Promise.all(mine)
    expect(here.results.filter((result) => result === 'busy')).toHaveLength(1)
    // What was refused was not noted as a page without a preview.
    expect(await here.previews.of('https://a.example/4', 'ann', 0)).toMatchObject({ title: 'slow' })
  })

  test('of all people together are limited', async () => {
    const here = world()
    const answer = slow(here)
    const all = Array.from({ length: 16 }, (_, i) => here.previews.of(`https://a.example/${i}`, `person ${i}`, 0))
    expect(await here.previews.of('https://a.example/more', 'ann', 0)).toBeUndefined()
    expect(here.results).toEqual(['busy'])
    answer()
    await Promise.all(all)
  })

  test('free their place when they fail', async () => {
    const here = world()
    here.answers.page = () => Promise.reject(new Error('timed out'))
    for (let i = 0; i < 9; i++) await here.previews.of(`https://a.example/${i}`, 'ann', 0)
    expect(here.results).toEqual(Array(9).fill('failed'))
  })
})

test('where previews are switched off, nothing is fetched', async () => {
  const { previews, fetched } = world({ enabled: false })
  expect(await previews.of('https://a.example/', 'ann', 0)).toBeUndefined()
  expect(fetched).toEqual([])
})
