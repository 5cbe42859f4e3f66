import 'livekit-client/e2ee-worker'

/**
 * The worker of livekit-client that encrypts and decrypts frames, without its ways around encryption: there, a participant who is not said
 * to be encrypted is played and sent as they are, and frames that carry a mark of the server are played. Here every frame of everybody is
 * encrypted, or it is nothing.
 */
type Message = { kind: string; data?: { enabled?: boolean; participantIdentity?: string } }
interface Scope {
  onmessage: (event: Pick<MessageEvent<Message>, 'data'>) => void
  onrtctransform?: (event: { transformer: { options: { participantIdentity: string } } }) => void
  postMessage: (message: Message, transfer?: Transferable[]) => void
}
const scope = self as unknown as Scope
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

scope.postMessage = (message, transfer) => {
  const of = message.kind === 'enable' ? message.data?.participantIdentity : undefined
  if (of !== undefined && own.delete(of)) return
  answer(message, transfer ?? [])
}
scope.onmessage = ({ data: message }) => {
  if (message.kind === 'setSifTrailer') return
  seal(message.data?.participantIdentity)
  take({ data: message.kind === 'enable' ? { ...message, data: { ...message.data, enabled: true } } : message })
}
if (transform)
  scope.onrtctransform = (event) => {
    seal(event.transformer.options.participantIdentity)
    transform(event)
  }
