/** What the worker asks its page for; the page answers through the port that comes with it (`net/played-file.ts`). */
export const TOKEN_WANTED = 'token wanted'

const PLAYED = /^\/api\/files\/[0-9a-f-]{36}$/

/** A film that a page plays piece by piece: its element cannot send a token. */
export function isPlayed(request: { method: string; url: string }, origin: string): boolean {
  const { origin: from, pathname, searchParams } = new URL(request.url)
  return request.method === 'GET' && from === origin && PLAYED.test(pathname) && searchParams.has('play')
}

/** Fetches the wanted part with the token of the page; a page that has gone gets an error. */
export async function answerPlayed(request: Request, page: Pick<Client, 'postMessage'> | undefined): Promise<Response> {
  if (!page) return Response.error()
  const { port1, port2 } = new MessageChannel()
  const token = new Promise<unknown>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data)
  })
  page.postMessage(TOKEN_WANTED, [port2])
  const headers = new Headers({ Authorization: `Bearer ${String(await token)}` })
  const range = request.headers.get('Range')
  if (range) headers.set('Range', range)
  return fetch(new URL(request.url).pathname, { headers })
}
