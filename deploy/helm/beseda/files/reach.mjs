// `helm test`: the web client is served, and a request goes through gateway and NATS to identity and back.
const base = process.env.BESEDA_URL ?? 'http://gateway'

const page = await fetch(`${base}/`, { signal: AbortSignal.timeout(10_000) })
if (!page.ok || !(await page.text()).includes('<div id="app"')) throw new Error(`the page answers ${page.status}`)

const ways = await fetch(`${base}/api/beseda.identity.v1.IdentityService/ListSignInWays`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{}',
  signal: AbortSignal.timeout(10_000),
})
if (!ways.ok) throw new Error(`sign-in answers ${ways.status}: ${await ways.text()}`)
console.log('The page and sign-in answer.')
