// Records what a browser says while two of its peers connect, for the tests of the allow-list:
//   node record.mjs chromium 'chromium --headless --no-sandbox --use-fake-device-for-media-stream --use-fake-ui-for-media-stream'
//   node record.mjs firefox 'firefox-esr --headless --profile /tmp/a-profile-of-its-own'
// The page is opened by the command, posts what it has gathered, and the program ends.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const [name = '', command = ''] = process.argv.slice(2)

/** Runs in the page. Sound, a camera, data, then the screen, then an ICE restart: as in a call. */
async function scene() {
  const said = { userAgent: navigator.userAgent, descriptions: [], candidates: [] }
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()]
  const introduce = (from, to) => {
    from.onicecandidate = ({ candidate }) => {
      if (candidate) said.candidates.push(candidate.candidate)
      to.addIceCandidate(candidate ?? undefined).catch(() => undefined)
    }
  }
  introduce(one, other)
  introduce(other, one)
  const picture = document.createElement('canvas')
  picture.getContext('2d').fillRect(0, 0, 10, 10)
  const sound = () => new AudioContext().createMediaStreamDestination().stream
  const stream = new MediaStream([...sound().getTracks(), ...picture.captureStream(5).getTracks()])
  const negotiate = async (options) => {
    await one.setLocalDescription(await one.createOffer(options))
    await other.setRemoteDescription(one.localDescription)
    await other.setLocalDescription(await other.createAnswer())
    await one.setRemoteDescription(other.localDescription)
    // Time for the candidates to be in the descriptions.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    for (const { localDescription } of [one, other]) said.descriptions.push(localDescription.toJSON())
  }
  one.createDataChannel('words')
  for (const track of stream.getTracks()) one.addTrack(track, stream)
  other.addTrack(sound().getTracks()[0], new MediaStream())
  await negotiate({})
  const screen = new MediaStream([...picture.captureStream(5).getTracks(), ...sound().getTracks()])
  for (const track of screen.getTracks()) one.addTrack(track, screen)
  await negotiate({})
  await negotiate({ iceRestart: true })
  await fetch('/', { method: 'POST', body: JSON.stringify(said) })
}

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html').end(`<!doctype html><script>(${scene})()</script>`)
    return
  }
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', async () => {
    response.end()
    await writeFile(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(JSON.parse(body), null, 2)}\n`)
    browser.kill()
    process.exit()
  })
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const [program = '', ...args] = command.split(' ')
const browser = spawn(program, [...args, `http://127.0.0.1:${server.address().port}/`], { stdio: 'ignore' })
