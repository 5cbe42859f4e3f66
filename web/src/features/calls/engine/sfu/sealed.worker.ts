import 'livekit-client/e2ee-worker'

/**
 * The worker of livekit-client that encrypts and decrypts frames, without its ways around encryption: there, a participant who is not said
 * to be encrypted is played and sent as they are, and frames that carry a mark of the server are played. Here every frame of everybody is
 * encrypted, or it is nothing.
 *
 * It also finds what encrypts a track by the name of the track alone, and the node knows the names of own tracks, and chooses those of
 * others: here a received track never has the name of one that is sent, and this device, after which the worker is named, sends as itself.
 */
interface Data {
  readonly enabled?: boolean
  readonly participantIdentity?: string
  readonly trackId?: string
  readonly previousTrackId?: string
}
type Message = { readonly kind: string; readonly data?: Data }
interface Transformer {
  readonly options: Data & { readonly kind: string }
  readonly readable: ReadableStream
  readonly writable: WritableStream
}
interface Scope {
  readonly name: string
  onmessage: (event: Pick<MessageEvent<Message>, 'data'>) => void
  onrtctransform?: (event: { readonly transformer: Transformer }) => void
  postMessage: (message: Message, transfer?: Transferable[]) => void
}
const scope = self as unknown as Scope
const me = scope.name
const take = scope.onmessage
const answer = scope.postMessage.bind(self)
const transform = scope.onrtctransform
const sealed = new Set<string>()
/** Answers to what was asked here, which the page does not wait for. */
const own = new Set<string>()

function seal(participantIdentity: string | undefined): void {
  if (!participantIdentity || sealed.has(participantIdentity)) return
  sealed.add(participantIdentity)
  own.add(participantIdentity)
  take({ data: { kind: 'enable', data: { enabled: true, participantIdentity } } })
}

/** What may be done for a track, under a name that tells whose it is; undefined: it may not. */
function permitted<T extends Data>(kind: string, data: T): T | undefined {
  const { participantIdentity, trackId, previousTrackId } = data
  // Nobody has no keys, and what is encrypted for nobody is not encrypted.
  if ('participantIdentity' in data && !participantIdentity) return undefined
  if (kind === 'encode' && participantIdentity !== me) return undefined
  if (trackId === undefined) return data
  // Of an own track the codec is told once. That of a receiver changes together with the name of its track.
  const isOwn = kind === 'encode' || (kind === 'updateCodec' && participantIdentity === me && !previousTrackId)
  const named = (name: string) => `${isOwn ? 'own' : 'their'} ${name}`
  const previous = previousTrackId === undefined ? {} : { previousTrackId: named(previousTrackId) }
  return { ...data, trackId: named(trackId), ...previous }
}

scope.postMessage = (message, transfer) => {
  const of = message.kind === 'enable' ? message.data?.participantIdentity : undefined
  if (of !== undefined && own.delete(of)) return
  answer(message, transfer ?? [])
}
scope.onmessage = ({ data: { kind, data: asked } }) => {
  if (kind === 'setSifTrailer') return
  const data = asked && permitted(kind, asked)
  if (asked && !data) return
  seal(data?.participantIdentity)
  take({ data: { kind, ...(data ? { data: kind === 'enable' ? { ...data, enabled: true } : data } : {}) } })
}
if (transform)
  scope.onrtctransform = ({ transformer: { options: asked, readable, writable } }) => {
    const options = permitted(asked.kind, asked)
    // What has no way through the transformer is neither sent nor played.
    if (!options) return
    seal(options.participantIdentity)
    transform({ transformer: { options, readable, writable } })
  }
