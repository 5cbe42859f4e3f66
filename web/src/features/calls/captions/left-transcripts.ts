import { locks } from '../../../browser.js'
import { handled } from '../../../diagnostics/log.js'
import { allWords, seldomWords } from '../../../i18n/index.js'
import { useDirectory } from '../../../stores/directory.js'
import { postTranscript } from './post-transcript.js'
import { lockOf } from './transcript-copy.js'
import { type KeptLine, transcriptStore } from './transcript-store.js'
import { wasPosted } from './was-posted.js'

/** Posts with the names of people whom this page has not met yet. */
async function post(groupId: string, lines: readonly KeptLine[], id: string): Promise<void> {
  if (await wasPosted(groupId, id)) return
  await Promise.all([
    allWords().then(seldomWords),
    useDirectory().load([...new Set(lines.map(({ userId }) => userId))]),
  ])
  await postTranscript(groupId, lines, id)
}

/**
 * Pages that ended while they kept a transcript have left it on this device: it is posted, as it would have been when the call was over. What
 * another page keeps now is left alone, and so is what somebody else has kept, who may come back. One that cannot be posted stays for a week.
 */
export async function postLeft(now: number, me: string, how: typeof post = post): Promise<void> {
  await transcriptStore.dropOld(now)
  for (const id of await transcriptStore.transcripts()) {
    const work = () => postOne(id, me, how).catch(handled('calls.captions'))
    if (!locks) await work()
    else await locks.request(lockOf(id), { ifAvailable: true }, (lock) => (lock ? work() : undefined))
  }
}

async function postOne(id: string, me: string, how: typeof post): Promise<void> {
  const lines = await transcriptStore.of(id)
  const [first] = lines
  // Another page has posted it, or its owner's page will.
  if (first?.keptBy !== me) return
  await how(first.groupId, lines, id)
  await transcriptStore.remove(id)
}
