// The whole client, unchanged, against a gateway inside the page, so that only the client is measured.
// ?messages=100000: number of messages; ?rate=20: new messages per second;
// ?unread=30: number of unread messages.
import { GatewayInPage, GROUP_ID } from './gateway-in-page.js'
import { ME, Room } from './room.js'

const query = new URLSearchParams(location.search)
const number = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise)

localStorage.setItem(
  'beseda.session',
  JSON.stringify({ userId: ME, accessToken: 'bench', refreshToken: 'bench', expiresAt: Date.now() + 3_600_000 }),
)
const room = new Room(GROUP_ID, number('messages', 1_000), number('unread', 0))
const gateway = new GatewayInPage(room)
gateway.install()
const rate = number('rate', 0)
if (rate > 0) setInterval(() => gateway.say(), 1_000 / rate)
history.replaceState({}, '', `/c/${GROUP_ID}${location.search}`)
await import('../src/main.js')
