const CACHE = 'beseda-answer'
const PLACE = '/answer'
/** A window that opens later than this was not opened for the call. */
const GOOD_MS = 60_000

/** Records the call that was accepted on its notification, for the window that opens. */
export async function noteAnswer(callId: string, now: number): Promise<void> {
  const cache = await caches.open(CACHE)
  await cache.put(PLACE, new Response(JSON.stringify({ callId, now })))
}

/** The call that this window was opened for; returned once. */
export async function takeAnswer(now: number): Promise<string | undefined> {
  const cache = await caches.open(CACHE)
  const answer = await cache.match(PLACE)
  if (!answer) return undefined
  await cache.delete(PLACE)
  const noted = (await answer.json()) as { callId: string; now: number }
  return now - noted.now <= GOOD_MS ? noted.callId : undefined
}
