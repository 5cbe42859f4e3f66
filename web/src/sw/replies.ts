const CACHE = 'beseda-replies'
/** What was answered longer ago than this is dropped: a sign-in of somebody else may be in between. */
const GOOD_MS = 3_600_000

/** An answer that was written on a notification. */
export interface Reply {
  readonly groupId: string
  readonly text: string
}

/** Records it for a window, which sends it: only a window has the session. */
export async function noteReply({ groupId, text }: Reply, id: string, now: number): Promise<void> {
  const cache = await caches.open(CACHE)
  await cache.put(`/reply/${id}`, new Response(JSON.stringify({ groupId, text, now })))
}

/** Replies that no window has taken yet, in order; each is returned once, to one window. */
export async function takeReplies(now: number): Promise<readonly Reply[]> {
  const cache = await caches.open(CACHE)
  const taken: Reply[] = []
  for (const key of await cache.keys()) {
    const reply = await cache.match(key)
    if (!reply || !(await cache.delete(key))) continue
    const { now: at, ...said } = (await reply.json()) as Reply & { readonly now: number }
    if (now - at <= GOOD_MS) taken.push(said)
  }
  return taken
}

export const dropReplies = (): Promise<boolean> => caches.delete(CACHE)
