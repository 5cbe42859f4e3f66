const CACHE = 'beseda-shared'
const PLACE = '/shared'
/** What was shared longer ago than this is not offered any more: a sign-in may be in between. */
const GOOD_MS = 3_600_000

/** What another app has shared with this one. */
export interface Shared {
  readonly text: string
  readonly files: readonly File[]
}

/** Path of `share_target` in the manifest; the page of this path offers what was shared. */
export const SHARE_PATH = '/share'

/** Title, text and address, each once: many apps put the address into the text. */
export function textOf(fields: Readonly<Record<'title' | 'text' | 'url', string>>): string {
  const { title, text, url } = fields
  const lines: string[] = []
  for (const line of [title, text, url].map((one) => one.trim()))
    if (line !== '' && !lines.some((other) => other.includes(line))) lines.push(line)
  return lines.filter((line, i) => !lines.some((other, j) => j !== i && other.includes(line))).join('\n')
}

/** Records it for the page that opens: a worker cannot hand it over otherwise. A second one replaces the first. */
export async function noteShared(form: FormData, now: number): Promise<void> {
  await dropShared()
  const said = (name: string) => String(form.get(name) ?? '')
  const files = form.getAll('files').filter((one) => one instanceof File)
  const cache = await caches.open(CACHE)
  for (const [i, file] of files.entries())
    await cache.put(`${PLACE}/${i}`, new Response(file, { headers: { 'Content-Type': file.type } }))
  const text = textOf({ title: said('title'), text: said('text'), url: said('url') })
  await cache.put(PLACE, new Response(JSON.stringify({ now, text, names: files.map(({ name }) => name) })))
}

/** What was shared and not taken yet; returned once. */
export async function takeShared(now: number): Promise<Shared | undefined> {
  const cache = await caches.open(CACHE)
  const noted = await cache.match(PLACE)
  if (!noted) return undefined
  const { now: at, text, names } = (await noted.json()) as { now: number; text: string; names: string[] }
  const files = await Promise.all(
    names.map(async (name, i) => {
      const content = await (await cache.match(`${PLACE}/${i}`))?.blob()
      return content ? new File([content], name, { type: content.type }) : []
    }),
  )
  await dropShared()
  return now - at <= GOOD_MS ? { text, files: files.flat() } : undefined
}

export const dropShared = (): Promise<boolean> => caches.delete(CACHE)
