// A real OpenID Connect provider (npm oidc-provider) as a process: `node oidc-provider.mjs <port> <redirect uri> <file>`. People sign in under
// any login they type; the file says in which groups they are. Its signing key is new at each start.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Provider } from 'oidc-provider'

const [port = '0', redirectUri = '', groupsFile = ''] = process.argv.slice(2)
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'beseda',
      client_secret: 'a secret of the tests',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'], groups: ['groups'] },
  findAccount: (_context, login) => ({
    accountId: login,
    claims: () => ({
      sub: login,
      preferred_username: login,
      name: `Name of ${login}`,
      email: `${login}@example.org`,
      groups: JSON.parse(readFileSync(groupsFile, 'utf8'))[login] ?? ['staff'],
    }),
  }),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  pkce: { required: () => true },
  cookies: { keys: ['of the tests'] },
})
provider.listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'))
