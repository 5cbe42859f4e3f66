import type { HttpResponse } from 'uWebSockets.js'
import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, refused, send } from '../answer.js'
import type { Upload } from '../streams.js'

/** How long the gateway goes on reading a refused body, which it drops. */
const LINGER_MS = 2_000

/** Answers with what `work` makes of an upload, or with its refusal. A sender that went away gets no answer, and its absence is no failure of ours. */
export function answerUpload(
  res: HttpResponse,
  upload: Upload,
  work: () => Promise<Answer>,
  onFailure: (error: unknown) => void,
): void {
  void work()
    .catch((error: unknown) => refused(upload.refusal() ?? error, upload.aborted() ? () => undefined : onFailure))
    .then(async (answer) => {
      upload.stop()
      // A connection that is closed while something is on its way is reset, and many a proxy then never reads the answer.
      if (!upload.whole()) await Promise.race([upload.over, pause(LINGER_MS, undefined, { ref: false })])
      // The rest of a refused body must not be taken for the next request.
      if (!upload.aborted()) send(res, answer, !upload.whole())
    })
}
