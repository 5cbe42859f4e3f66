// The whole client, as it is, against a gateway that is in the page: what is measured is the client alone.
// ?messages=100000 how many there are, ?rate=20 how many more come each second,
// ?unread=30 how many of them are new.
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
