import type { AuditStore } from './audit/ports.ts';
import type { BlobStore, ContentHasher, FormReader } from './blobs/ports.ts';
import type { CourierStore } from './courier/ports.ts';
import type { IamIdentityStore } from './iam/ports.ts';
import type { IamSettingsStore } from './iam/settings-ports.ts';
import type {
  AddressThrottle,
  ExternalIdKey,
  FamilyStore,
  Macs,
  OutsideTokenStore,
  ResetCodeStore,
} from './identify/ports.ts';
import type { OutsideProviders } from './identify/provider-ports.ts';
import type { IdentifySettingsStore } from './identify/settings-ports.ts';
import type { IdentityStore } from './identities/ports.ts';
import type { SigningKeyStore, TokenSigner } from './jwt/ports.ts';
import type { CaseStore } from './kyc/case-ports.ts';
import type { DocumentStore, StorageAddress } from './kyc/document-ports.ts';
import type { KycIdentityStore } from './kyc/ports.ts';
import type { ProviderSettingsStore } from './kyc/provider-settings-ports.ts';
import type { KycProviders } from './kyc/providers.ts';
import type { OidcSettingsStore, OpenIdClient } from './oidc/ports.ts';
import type { BreachedPasswords, PasswordHasher } from './passwords/ports.ts';
import type { PoolConfigs } from './pools/pool-configs.ts';
import type { OrganisationStore } from './pools/ports.ts';
import type { ApiKeyStore, Clock, Ids, PlaceFinder, PoolId, Vault } from './ports.ts';
import type { Records } from './record-stores.ts';
import type { SchemaStore } from './schemas/ports.ts';
import type { SelfServiceConfig } from './self-service/config.ts';
import type { LoginStore } from './self-service/login-ports.ts';
import type { CodeStore, CounterCodes, FlowStore, LockoutStore, QrCodes } from './self-service/ports.ts';
import type { DepartureStore, ExchangeStore } from './self-service/provider-ports.ts';
import type { SessionStore } from './sessions/ports.ts';
import type { PhoneNumbers, SchemaCompiler } from './traits/ports.ts';
import type { VerificationStore } from './verification/ports.ts';
import type { RelationshipStore } from './verification/relationship-ports.ts';
import type { VerificationSettingsStore } from './verification/settings-ports.ts';
import type { WebAuthnVerifier } from './webauthn/ports.ts';
import type { WebhookStore } from './webhooks/ports.ts';

/** Everything that use cases are given; each names the part it uses with `Pick`. */
export interface Deps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: RandomSource;
  readonly secrets: SecretHasher;
  readonly vault: Vault;
  readonly configs: PoolConfigs;
  readonly identities: IdentityStore;
  readonly kycIdentities: KycIdentityStore;
  readonly iamIdentities: IamIdentityStore;
  readonly records: Records;
  readonly relationships: RelationshipStore;
  readonly organisation: OrganisationStore;
  readonly verifications: VerificationStore;
  readonly audit: AuditStore;
  readonly verificationSettings: VerificationSettingsStore;
  readonly keys: ApiKeyStore;
  readonly places: PlaceFinder;
  readonly limits: CoreLimits;
  readonly webhooks: WebhookStore;
  readonly outgoing: OutgoingRules;
  readonly documents: DocumentStore;
  readonly cases: CaseStore;
  readonly kycSettings: ProviderSettingsStore;
  readonly kycProviders: KycProviders;
  readonly courier: CourierStore;
  readonly passwords: PasswordHasher;
  readonly breached: BreachedPasswords;
  readonly counterCodes: CounterCodes;
  readonly qrCodes: QrCodes;
  readonly webAuthn: WebAuthnVerifier;
  readonly phones: PhoneNumbers;
  readonly schemas: SchemaCompiler;
  readonly traitSchemas: SchemaStore;
  readonly iamSettings: IamSettingsStore;
  readonly identifySettings: IdentifySettingsStore;
  readonly externalIds: ExternalIdKey;
  readonly throttle: AddressThrottle;
  readonly macs: Macs;
  readonly families: FamilyStore;
  readonly resetCodes: ResetCodeStore;
  readonly outsideTokens: OutsideTokenStore;
  readonly outsideProviders: OutsideProviders;
  readonly addresses: PublicAddresses;
  readonly flows: FlowStore;
  readonly codes: CodeStore;
  readonly lockouts: LockoutStore;
  readonly logins: LoginStore;
  readonly oidcSettings: OidcSettingsStore;
  readonly openId: OpenIdClient;
  readonly departures: DepartureStore;
  readonly exchanges: ExchangeStore;
  readonly selfService: SelfServiceConfig;
  readonly sessions: SessionStore;
  readonly signingKeys: SigningKeyStore;
  readonly tokenSigner: TokenSigner;
  readonly blobs: BlobStore;
  readonly forms: FormReader;
  readonly hasher: ContentHasher;
  readonly storage: StorageAddress;
  readonly readiness: ReadinessProbe;
}

/** Whether requests can be served: says nothing of one of them. */
export interface ReadinessProbe {
  isReady(): Promise<boolean>;
}

/** Where clients reach what belongs to a pool and asks for no key. */
export interface PublicAddresses {
  /** Of what names its pool by a key. Without a slash at the end, as the other. */
  origin(): string;
  /** Of what is the pool's because of where it is. */
  baseOf(poolId: PoolId): Promise<string>;
}

export interface OutgoingRules {
  /** Whether live pools, too, may name addresses without TLS. */
  readonly plainHttp: boolean;
}

export interface CoreLimits {
  /** Largest pool that is sorted by title: titles are sealed, so each is opened for it. */
  readonly titleSortMax: number;
}

export interface RandomSource {
  bytes(size: number): Buffer;
}

/** Hashes of secrets that carry at least 128 random bits, so that a slow hash would buy nothing. */
export interface SecretHasher {
  /** SHA-256 over the length-prefixed parts: 32 bytes. */
  hash(...parts: readonly string[]): Buffer;
  /** Constant time for equal lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}
