import { newId } from '@beseda/kernel'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { IdentityService, type Tokens, TokensSchema } from '@beseda/proto/identity/v1/identity_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { create } from '@bufbuild/protobuf'
import type { Client } from '@connectrpc/connect'
import { apiClient } from './api.js'
import { comingBack } from './coming-back.js'
import { Device } from './device.js'

let people = 0

/** A registered person of a test, at the HTTP API. */
export class Person {
  readonly groups: Client<typeof GroupService>
  readonly membership: Client<typeof MembershipService>
  readonly calls: Client<typeof CallService>
  readonly presence: Client<typeof PresenceService>
  readonly identity: Client<typeof IdentityService>

  private constructor(
    readonly url: string,
    readonly userId: string,
    readonly username: string,
    readonly deviceId: string,
    readonly tokens: Tokens,
    private readonly address: string,
  ) {
    const { accessToken } = tokens
    this.groups = apiClient(GroupService, url, accessToken)
    this.membership = apiClient(MembershipService, url, accessToken)
    this.calls = apiClient(CallService, url, accessToken)
    this.presence = apiClient(PresenceService, url, accessToken)
    this.identity = apiClient(IdentityService, url, accessToken)
  }

  static async register(url: string, displayName = 'Person'): Promise<Person> {
    const username = `p${Date.now().toString(36)}${++people}`
    const device = { id: newId(), name: 'Test' }
    const request = { commandId: newId(), username, displayName, password: PASSWORD, device }
    const address = `10.0.${people >> 8}.${people & 255}`
    const { me, tokens } = await comingBack(() => apiClient(IdentityService, url, undefined, address).register(request))
    if (!me?.user || !tokens) throw new Error('the answer to Register lacks me or tokens')
    return new Person(url, me.user.id, username, device.id, tokens, address)
  }

  /** The same person on another device: signed in there, and connected to any gateway. */
  async onNewDevice(url = this.url): Promise<Device> {
    const { username, address } = this
    const device = { id: newId(), name: 'Another' }
    const anonymous = apiClient(IdentityService, url, undefined, address)
    const { tokens } = await anonymous.signIn({ username, password: PASSWORD, device })
    return Device.connect(url, tokens?.accessToken ?? '')
  }

  /** A person who never registered, with a token that was signed for them (`Fleet.token`). */
  static known(url: string, userId: string, deviceId: string, accessToken: string): Person {
    return new Person(url, userId, userId, deviceId, create(TokensSchema, { accessToken }), '')
  }

  /** Opens a socket on any gateway. */
  connect(url = this.url): Promise<Device> {
    return Device.connect(url, this.tokens.accessToken)
  }
}

/** The password of every person of a test. */
export const PASSWORD = 'correct horse battery'
