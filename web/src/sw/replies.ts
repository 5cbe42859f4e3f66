const CACHE = 'beseda-replies'

/** An answer that was written on a notification. */
export interface Reply {
  readonly groupId: string
  readonly text: string
}

/** Records it for a window, which sends it: only a window has the session. */
export async function noteReply(reply: Reply, id: string): Promise<void> {
  const cache = await caches.open(CACHE)
  await cache.put(`/reply/${id}`, new Response(JSON.stringify(reply)))
}

/** Replies that no window has taken yet, in order; each is returned once, to one window. */
export async function takeReplies(): Promise<readonly Reply[]> {
  const cache = await caches.open(CACHE)
  const taken: Reply[] = []
  for (const key of await cache.keys()) {
    const reply = await cache.match(key)
    if (reply && (await cache.delete(key))) taken.push((await reply.json()) as Reply)
  }
  return taken
}

export const dropReplies = (): Promise<boolean> => caches.delete(CACHE)
