import { Projection } from '@beseda/event-log'
import { InstallationSecret, MailQueue, NATS, provide, TokenSigner, TRANSPORT, token } from '@beseda/platform'
import {
  AccountReader,
  AccountStore,
  DeletionStore,
  DirectorySearch,
  Pictures,
  ProfileNotices,
} from '../application/accounts/ports.js'
import { AdministratorStore, ProcessStatuses } from '../application/administration/ports.js'
import { BlockNotices, BlockStore } from '../application/blocks/blocks.js'
import { DeviceKeyStore, Signatures } from '../application/device-keys/ports.js'
import { EmailStore, KnownDevices, LetterQueue, LetterSlots } from '../application/email/ports.js'
import { ExternalStore, OidcProviders } from '../application/external/ports.js'
import { PasskeyStore, UsedFlows, type WebAuthn } from '../application/passkeys/ports.js'
import { GroupInvites, RegistrationStore } from '../application/registration/ports.js'
import { AccessTokens, SessionNotices, SessionStore } from '../application/sessions/ports.js'
import { FailureStore, PasswordHashes } from '../application/sign-in/ports.js'
import { IDENTITY_CONFIG } from '../config.js'
import { BusBlockNotices } from './bus/block-notices.js'
import { MembershipInvites } from './bus/group-invites.js'
import { UploadedPictures } from './bus/pictures.js'
import { BusProcessStatuses } from './bus/process-statuses.js'
import { BusProfileNotices } from './bus/profile-notices.js'
import { BusSessionNotices } from './bus/session-notices.js'
import { JwtAccessTokens } from './crypto/access-tokens.js'
import { Argon2Passwords } from './crypto/passwords.js'
import { Ed25519Signatures } from './crypto/signatures.js'
import { FailureBucket } from './kv/failure-bucket.js'
import { KnownDeviceBucket } from './kv/known-devices.js'
import { LetterSlotBucket } from './kv/letter-slots.js'
import { SessionBucket } from './kv/session-bucket.js'
import { UsedFlowBucket } from './kv/used-flows.js'
import { OpenIdProviders } from './providers/openid-providers.js'
import { relyingPartyOf, SimpleWebAuthn } from './providers/web-authn.js'
import { SqliteAccountReader } from './views/account-reader.js'
import { SqliteAccountStore, SqliteDeletionStore } from './views/account-store.js'
import { SqliteAdministratorStore } from './views/administrator-store.js'
import { SqliteBlockStore } from './views/block-store.js'
import { SqliteExternalStore, SqlitePasskeyStore } from './views/credential-stores.js'
import { SqliteDeviceKeyStore } from './views/device-key-store.js'
import { SqliteDirectorySearch } from './views/directory-search.js'
import { SqliteEmailStore } from './views/email-table.js'
import { SqliteRegistrationStore } from './views/registration-store.js'

/** Undefined: the address of the installation is not configured, or is an IP address. */
export const WEB_AUTHN = token<WebAuthn | undefined>('WebAuthn')

/** Which adapter implements which port of the application. */
export const ADAPTERS = [
  provide(AccountStore, [Projection], (projection) => new SqliteAccountStore(projection)),
  provide(AccountReader, [Projection], (projection) => new SqliteAccountReader(projection)),
  provide(DeletionStore, [Projection], (projection) => new SqliteDeletionStore(projection)),
  provide(DirectorySearch, [Projection], (projection) => new SqliteDirectorySearch(projection)),
  provide(BlockStore, [Projection], (projection) => new SqliteBlockStore(projection)),
  provide(RegistrationStore, [Projection], (projection) => new SqliteRegistrationStore(projection)),
  provide(EmailStore, [Projection], (projection) => new SqliteEmailStore(projection)),
  provide(LetterQueue, [NATS], (nats) => new MailQueue(nats)),
  provide(LetterSlots, [NATS], (nats) => LetterSlotBucket.open(nats)),
  provide(GroupInvites, [TRANSPORT], (transport) => new MembershipInvites(transport)),
  provide(AdministratorStore, [Projection], (projection) => new SqliteAdministratorStore(projection)),
  provide(ExternalStore, [Projection], (projection) => new SqliteExternalStore(projection)),
  provide(PasskeyStore, [Projection], (projection) => new SqlitePasskeyStore(projection)),
  provide(DeviceKeyStore, [Projection], (projection) => new SqliteDeviceKeyStore(projection)),
  provide(Signatures, [], () => new Ed25519Signatures()),
  provide(SessionStore, [NATS], (nats) => SessionBucket.open(nats)),
  provide(FailureStore, [NATS], (nats) => FailureBucket.open(nats)),
  provide(UsedFlows, [NATS], (nats) => UsedFlowBucket.open(nats)),
  provide(KnownDevices, [NATS, InstallationSecret], (nats, secret) => KnownDeviceBucket.open(nats, secret)),
  provide(BlockNotices, [NATS], (nats) => new BusBlockNotices(nats)),
  provide(SessionNotices, [NATS], (nats) => new BusSessionNotices(nats)),
  provide(ProfileNotices, [NATS], (nats) => new BusProfileNotices(nats)),
  provide(ProcessStatuses, [NATS], (nats) => new BusProcessStatuses(nats)),
  provide(Pictures, [TRANSPORT], (transport) => new UploadedPictures(transport)),
  provide(AccessTokens, [TokenSigner], (signer) => new JwtAccessTokens(signer)),
  provide(PasswordHashes, [], () => new Argon2Passwords()),
  provide(OidcProviders, [IDENTITY_CONFIG], ({ oidc }) => new OpenIdProviders(oidc)),
  provide(WEB_AUTHN, [IDENTITY_CONFIG], ({ publicUrl }) => {
    const party = relyingPartyOf(publicUrl)
    return party && new SimpleWebAuthn(party)
  }),
]
