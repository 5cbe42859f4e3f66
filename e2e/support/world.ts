/** One call of the HTTP API, as in `ask(url, 'group.Group/GetGroup', { groupId }, token)`. Errors: the answer's message, such as NOT_PERMITTED. */
export async function ask<T>(url: string, method: string, body: object, token?: string): Promise<T> {
  const [service = '', name = ''] = method.split('/')
  const [domain = '', contract = ''] = service.split('.')
  const response = await fetch(`${url}/api/beseda.${domain}.v1.${contract}Service/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as T & { message?: string }
  if (!response.ok) throw new Error(answer.message)
  return answer
}

/** Per group: the name of the answer, and the call that gives it. */
const OF_A_GROUP = {
  group: ['group.Group/GetGroup', {}],
  messages: ['group.Group/ListMessages', { limit: 100 }],
  members: ['membership.Membership/ListMembers', {}],
  pins: ['group.Group/ListPins', {}],
  invites: ['membership.Membership/ListInvites', {}],
  bans: ['membership.Membership/ListBans', {}],
  requests: ['membership.Membership/ListJoinRequests', {}],
  webhooks: ['group.Group/ListWebhooks', {}],
  audit: ['history.History/ListAudit', {}],
  calls: ['history.History/ListCalls', {}],
} as const

/** Everything that the API returns to a person, in the shape of `expected.json` of a recording; a refusal is its reason. */
export async function worldOf(url: string, token: string): Promise<object> {
  const of = (method: string, body: object = {}) => ask<object>(url, method, body, token)
  const { groups = [] } = (await of('membership.Membership/ListMyGroups')) as { groups?: { groupId: string }[] }
  const within = await Promise.all(
    groups.map(async ({ groupId }) => {
      const answers = await Promise.all(
        Object.entries(OF_A_GROUP).map(async ([name, [method, body]]) => {
          const answer = await of(method, { groupId, ...body }).catch((error: unknown) => (error as Error).message)
          return [name, answer]
        }),
      )
      return [groupId, Object.fromEntries(answers)]
    }),
  )
  return {
    groups,
    read: await of('group.Group/ListReadStates'),
    bots: await of('identity.Identity/ListBots'),
    blocked: await of('identity.Identity/ListBlocked'),
    notifications: await of('notify.Notify/GetNotificationSettings'),
    in: Object.fromEntries(within),
  }
}
