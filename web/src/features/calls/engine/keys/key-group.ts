import type { KeyHolder } from '@beseda/client-protocol/device-keys'
import {
  type CiphersuiteImpl,
  type ClientConfig,
  type ClientState,
  type Credential,
  createCommit,
  createGroup,
  createGroupInfoWithExternalPubAndRatchetTree,
  decodeMlsMessage,
  defaultCapabilities,
  defaultKeyRetentionConfig,
  defaultLifetime,
  defaultLifetimeConfig,
  defaultPaddingConfig,
  emptyPskIndex,
  encodeMlsMessage,
  type GroupInfo,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  type IncomingMessageCallback,
  joinGroupExternal,
  mlsExporter,
  processPublicMessage,
} from 'ts-mls'
import { decodeRatchetTree } from 'ts-mls/ratchetTree.js'
import type { OwnKey } from '../../../../keys/own-key.js'

/** X25519, AES-128-GCM, SHA-256 and Ed25519: the suite that every implementation of MLS has (RFC 9420, section 17.1). */
const SUITE = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'
const FRAMES = 'Beseda call frames 1'
const KEY_BYTES = 32

/** A device in the group. */
export interface Leaf extends KeyHolder {
  readonly index: number
  readonly publicKey: Uint8Array
}

/** A step to the next epoch: for the others, and the group as it is then. */
export interface Step {
  readonly commit: Uint8Array
  readonly group: KeyGroup
}

/** Whether a device with this key may be in the group. */
export type Believes = (leaf: Omit<Leaf, 'index'>) => Promise<boolean>

/** How a device takes part: with its key, which never leaves the browser. */
export interface Membership {
  readonly own: OwnKey
  /** Name of the group: another one with the same members has other keys. */
  readonly id: string
  readonly believes: Believes
}

/** One epoch of an MLS group (RFC 9420), as a member sees it. Each step makes another one: a commit that does not count changes nothing. */
export class KeyGroup {
  readonly leaves: readonly Leaf[]

  private constructor(
    private readonly suite: CiphersuiteImpl,
    private readonly state: ClientState,
  ) {
    this.leaves = leavesOf(state.ratchetTree)
  }

  /** A group of this device alone. */
  static async found(membership: Membership): Promise<KeyGroup> {
    const suite = await suiteOf(membership.own)
    const { publicPackage, privatePackage } = await packageOf(membership.own, suite)
    const id = encode(membership.id)
    return new KeyGroup(suite, await createGroup(id, publicPackage, privatePackage, [], suite, configOf(membership)))
  }

  /**
   * Joins by an external commit, in place of an earlier leaf of this device. Errors: the group is another one, or of another epoch than the
   * server counts, or has a member who is not believed.
   */
  static async enter(membership: Membership, from: { readonly epoch: number; readonly groupInfo: Uint8Array }) {
    const message = decodeMlsMessage(from.groupInfo, 0)?.[0]
    if (message?.wireformat !== 'mls_group_info') throw new Error('no information about a group')
    const { groupInfo } = message
    if (decode(groupInfo.groupContext.groupId) !== membership.id) throw new Error('another group')
    const suite = await suiteOf(membership.own)
    const config = configOf(membership)
    const { publicPackage, privatePackage } = await packageOf(membership.own, suite)
    const enter = (again: boolean) =>
      joinGroupExternal(groupInfo, publicPackage, privatePackage, again, suite, undefined, config)
    const { publicMessage, newState } = await enter(hasLeafOf(groupInfo, membership.own))
    const commit = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage })
    const group = checked(new KeyGroup(suite, newState))
    if (group.epoch !== from.epoch + 1) throw new Error('another epoch')
    return { commit, group }
  }

  /** Counted from 1, as the server does. */
  get epoch(): number {
    return Number(this.state.groupContext.epoch) + 1
  }

  /** The same for all members of this epoch, and for nobody else. */
  get authenticator(): Uint8Array {
    return this.state.keySchedule.epochAuthenticator
  }

  /** What the device encrypts its media with. */
  keyOf(deviceId: string): Promise<Uint8Array> {
    return mlsExporter(this.state.keySchedule.exporterSecret, FRAMES, encode(deviceId), KEY_BYTES, this.suite)
  }

  /** For those who join in this epoch. */
  async info(): Promise<Uint8Array> {
    const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(this.state, [], this.suite)
    return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_group_info', groupInfo })
  }

  /** Undefined: this device is not in it any more. Errors: the commit is not valid here, or adds somebody who is not believed. */
  async after(commit: Uint8Array): Promise<KeyGroup | undefined> {
    const message = decodeMlsMessage(commit, 0)?.[0]
    if (message?.wireformat !== 'mls_public_message') throw new Error('no commit')
    const { newState, actionTaken } = await processPublicMessage(
      this.state,
      message.publicMessage,
      emptyPskIndex,
      this.suite,
      onlyComingAndGoing,
    )
    if (actionTaken === 'reject') throw new Error('a commit that does something else than it may')
    if (newState.groupActiveState.kind === 'removedFromGroup') return undefined
    return checked(new KeyGroup(this.suite, newState))
  }

  /** Removes these leaves. */
  async without(leaves: readonly Leaf[]): Promise<Step> {
    const { commit, newState } = await createCommit(
      { state: this.state, cipherSuite: this.suite },
      {
        wireAsPublicMessage: true,
        extraProposals: leaves.map(({ index }) => ({ proposalType: 'remove', remove: { removed: index } })),
      },
    )
    return { commit: encodeMlsMessage(commit), group: new KeyGroup(this.suite, newState) }
  }
}

/**
 * Members come by themselves, by an external commit, and are removed by others. Nothing else is asked for here: a commit without any proposal
 * would move everybody to other keys for nothing.
 */
const onlyComingAndGoing: IncomingMessageCallback = (incoming) => {
  if (incoming.kind !== 'commit') return 'reject'
  const kinds = incoming.proposals.map(({ proposal }) => proposal.proposalType)
  const isFine = kinds.every(
    (kind) => kind === 'remove' || (kind === 'external_init' && incoming.senderLeafIndex === undefined),
  )
  return isFine && kinds.length > 0 ? 'accept' : 'reject'
}

/** A device is in the group once. */
function checked(group: KeyGroup): KeyGroup {
  if (new Set(group.leaves.map(({ deviceId }) => deviceId)).size !== group.leaves.length)
    throw new Error('a device is in the group twice')
  return group
}

async function suiteOf(own: OwnKey): Promise<CiphersuiteImpl> {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))
  // The key stays in the browser's store: there are no bytes of it to give.
  return { ...suite, signature: { ...suite.signature, sign: (_, message) => own.sign(Uint8Array.from(message)) } }
}

const packageOf = (own: OwnKey, suite: CiphersuiteImpl) =>
  generateKeyPackageWithKey(
    { credentialType: 'basic', identity: encode(JSON.stringify([own.userId, own.deviceId])) },
    defaultCapabilities(),
    defaultLifetime,
    [],
    { signKey: new Uint8Array(), publicKey: own.publicKey },
    suite,
  )

const configOf = ({ believes }: Membership): ClientConfig => ({
  keyRetentionConfig: { ...defaultKeyRetentionConfig, retainKeysForEpochs: 1 },
  lifetimeConfig: defaultLifetimeConfig,
  paddingConfig: defaultPaddingConfig,
  keyPackageEqualityConfig: {
    compareKeyPackages: (one, other) => isSame(one.leafNode.credential, other.leafNode.credential),
    compareKeyPackageToLeafNode: (one, leaf) => isSame(one.leafNode.credential, leaf.credential),
  },
  // The library would believe everybody.
  authService: {
    validateCredential: async (credential, publicKey) => {
      const holder = holderOf(credential)
      return holder !== undefined && believes({ ...holder, publicKey })
    },
  },
})

function holderOf(credential: Credential): KeyHolder | undefined {
  if (credential.credentialType !== 'basic') return undefined
  try {
    const said: unknown = JSON.parse(decode(credential.identity))
    const [userId, deviceId, ...more] = Array.isArray(said) ? said : []
    const isWhole = typeof userId === 'string' && typeof deviceId === 'string' && more.length === 0
    return isWhole ? { userId, deviceId } : undefined
  } catch {
    // Not JSON: nobody.
    return undefined
  }
}

const isSame = (one: Credential, other: Credential): boolean => holderOf(one)?.deviceId === holderOf(other)?.deviceId

/** The leaves of a tree have the even numbers of its nodes. */
const leavesOf = (tree: ClientState['ratchetTree']): Leaf[] =>
  tree.flatMap((node, at) => {
    const holder = node?.nodeType === 'leaf' ? holderOf(node.leaf.credential) : undefined
    return node?.nodeType === 'leaf' && holder
      ? [{ ...holder, index: at / 2, publicKey: node.leaf.signaturePublicKey }]
      : []
  })

/** Whether an earlier page of this device is in the group. */
function hasLeafOf({ extensions }: GroupInfo, { deviceId }: KeyHolder): boolean {
  const tree = extensions.find(({ extensionType }) => extensionType === 'ratchet_tree')
  const nodes = tree && decodeRatchetTree(tree.extensionData, 0)?.[0]
  return nodes !== undefined && leavesOf(nodes).some((leaf) => leaf.deviceId === deviceId)
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
