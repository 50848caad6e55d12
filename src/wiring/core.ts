import { randomBytes } from 'node:crypto';
import type { Config } from '../config/load.ts';
import type { Deps } from '../core/deps.ts';
import { createKeyAuthenticator, type KeyAuthenticator } from '../core/keys/authenticate-key.ts';
import { PoolConfigs } from '../core/pools/pool-configs.ts';
import { counterCodes } from '../crypto/counter-codes.ts';
import { macs } from '../crypto/macs.ts';
import { createRandomPool } from '../crypto/random-pool.ts';
import { secretHasher } from '../crypto/secret-hasher.ts';
import { tokenSigner } from '../crypto/token-signer.ts';
import { createVault } from '../crypto/vault.ts';
import type { PoolNamer } from '../http/ports.ts';
import { createIdGenerator } from '../kit/ids.ts';
import { formReader } from '../providers/blobs/form-reader.ts';
import { sha256Hasher } from '../providers/blobs/sha256.ts';
import { type LocalPlaceFinder, openPlaceFinder } from '../providers/geo/place-finder.ts';
import { createOpenIdClient } from '../providers/oidc/openid-client.ts';
import { createCommonPasswords } from '../providers/passwords/common-passwords.ts';
import { createPasswordHasher } from '../providers/passwords/password-hasher.ts';
import { qrCodes } from '../providers/qr/qr-codes.ts';
import { phoneNumbers } from '../providers/schemas/phone-numbers.ts';
import { createSchemaCompiler } from '../providers/schemas/schema-compiler.ts';
import { webAuthnVerifier } from '../providers/webauthn/webauthn-verifier.ts';
import { createApiKeyStore } from '../store/repositories/api-keys.ts';
import { createAuditStore } from '../store/repositories/audit.ts';
import { createCourierStore } from '../store/repositories/courier.ts';
import { createDocumentStore } from '../store/repositories/documents.ts';
import { createCodeStore } from '../store/repositories/flow-codes.ts';
import { createFlowStore } from '../store/repositories/flows.ts';
import { createIamIdentityStore } from '../store/repositories/iam-identities.ts';
import { createIamSettingsStore } from '../store/repositories/iam-settings.ts';
import { createResetCodeStore } from '../store/repositories/identify-codes.ts';
import { createFamilyStore } from '../store/repositories/identify-families.ts';
import { createOutsideTokenStore } from '../store/repositories/identify-outside-tokens.ts';
import { createIdentifySettingsStore } from '../store/repositories/identify-settings.ts';
import { createIdentityStore } from '../store/repositories/identities.ts';
import { createCaseStore } from '../store/repositories/kyc-cases.ts';
import { createKycIdentityStore } from '../store/repositories/kyc-identities.ts';
import { createProviderSettingsStore } from '../store/repositories/kyc-providers.ts';
import { createLockoutStore } from '../store/repositories/lockouts.ts';
import { createLoginStore } from '../store/repositories/logins.ts';
import { createDepartureStore } from '../store/repositories/oidc-departures.ts';
import { createOidcSettingsStore } from '../store/repositories/oidc-providers.ts';
import { createOrganisationStore } from '../store/repositories/organisation.ts';
import { createPoolConfigStore } from '../store/repositories/pool-configs.ts';
import { createPoolKeyStore } from '../store/repositories/pool-keys.ts';
import { createRecords } from '../store/repositories/records.ts';
import { createRelationshipStore } from '../store/repositories/relationships.ts';
import { createSessionStore } from '../store/repositories/sessions.ts';
import { createSigningKeyStore } from '../store/repositories/signing-keys.ts';
import { createExchangeStore } from '../store/repositories/token-exchanges.ts';
import { createSchemaStore } from '../store/repositories/trait-schemas.ts';
import { createVerificationSettingsStore } from '../store/repositories/verification-settings.ts';
import { createVerificationStore } from '../store/repositories/verifications.ts';
import { createWebhookStore } from '../store/repositories/webhooks.ts';
import { lazyBlobStore, openBlobStore } from './blobs.ts';
import type { Opened } from './database.ts';
import { createAddressThrottle, openExternalIdKey } from './identify.ts';
import { openIdentityProviders } from './identify-providers.ts';
import { type OpenKycProviders, openKycProviders } from './kyc-providers.ts';
import { createProviderClient } from './outgoing.ts';
import { openPoolNamer } from './pool-namer.ts';
import { openRootKey } from './root-key.ts';
import { selfServiceOf } from './self-service.ts';

export interface Wired {
  readonly deps: Deps;
  readonly authenticator: KeyAuthenticator;
  readonly places: LocalPlaceFinder;
  readonly providers: OpenKycProviders;
  readonly pools: PoolNamer;
  /** Ends the threads that hash. */
  closePasswords(): Promise<void>;
  /** Where the server turned out to listen, for addresses of files where the configuration names none. */
  setOrigin(url: string): void;
}

export async function wireCore(config: Config, { db, clock }: Opened): Promise<Wired> {
  const kms = await openRootKey(config, db);
  const places = await openPlaceFinder(config.geo);
  const keys = createApiKeyStore(db);
  const publicBytes = createRandomPool(randomBytes);
  let origin = originOf(config);
  const vault = createVault({ kms, poolKeys: createPoolKeyStore(db), randomBytes, nonceBytes: publicBytes });
  const kycSettings = createProviderSettingsStore(db);
  const storage = { origin: () => origin };
  const client = createProviderClient(config);
  const providers = openKycProviders({ clock, vault, kycSettings, storage, client });
  const schemas = createSchemaCompiler();
  const configs = new PoolConfigs(createPoolConfigStore(db, schemas));
  const passwords = createPasswordHasher();
  const { pools, addresses } = openPoolNamer(config, { db, configs, origin: () => origin });
  const random = { bytes: (size: number) => randomBytes(size) };
  const deps: Deps = {
    clock,
    ids: createIdGenerator({ nowMs: () => clock.now().getTime(), randomBytes: publicBytes }),
    random,
    secrets: secretHasher,
    vault,
    configs,
    identities: createIdentityStore(db),
    kycIdentities: createKycIdentityStore(db),
    iamIdentities: createIamIdentityStore(db),
    records: createRecords(db, schemas),
    relationships: createRelationshipStore(db),
    verifications: createVerificationStore(db),
    organisation: createOrganisationStore(db),
    audit: createAuditStore(db),
    verificationSettings: createVerificationSettingsStore(db),
    keys,
    places,
    limits: { titleSortMax: config.pools.titleSortMax },
    webhooks: createWebhookStore(db),
    outgoing: { plainHttp: config.outgoing.allowPrivate.length > 0 },
    documents: createDocumentStore(db),
    cases: createCaseStore(db),
    kycSettings,
    kycProviders: providers,
    courier: createCourierStore(db),
    passwords,
    breached: createCommonPasswords(),
    counterCodes,
    qrCodes,
    webAuthn: webAuthnVerifier,
    phones: phoneNumbers,
    schemas,
    traitSchemas: createSchemaStore(db),
    iamSettings: createIamSettingsStore(db),
    identifySettings: createIdentifySettingsStore(db),
    externalIds: openExternalIdKey(config, { vault, random, db }),
    throttle: createAddressThrottle(db, clock),
    macs,
    families: createFamilyStore(db),
    resetCodes: createResetCodeStore(db),
    outsideTokens: createOutsideTokenStore(db),
    outsideProviders: openIdentityProviders(config, clock),
    addresses,
    flows: createFlowStore(db),
    codes: createCodeStore(db),
    lockouts: createLockoutStore(db),
    logins: createLoginStore(db),
    oidcSettings: createOidcSettingsStore(db),
    openId: createOpenIdClient({ client, clock }),
    departures: createDepartureStore(db),
    exchanges: createExchangeStore(db),
    selfService: selfServiceOf(config.selfService),
    sessions: createSessionStore(db),
    signingKeys: createSigningKeyStore(db),
    tokenSigner,
    blobs: lazyBlobStore(() => openBlobStore(config, clock)),
    forms: formReader,
    hasher: sha256Hasher,
    storage,
    readiness: {
      isReady: () =>
        db.ping().then(
          () => true,
          () => false,
        ),
    },
  };
  return {
    deps,
    authenticator: createKeyAuthenticator({ keys, secrets: secretHasher }),
    places,
    providers,
    pools,
    closePasswords: () => passwords.close(),
    setOrigin(url) {
      if (config.server.publicUrl === null) origin = url;
    },
  };
}

/** How clients reach the storage of files; without a public address and a free port, known once the server listens. */
function originOf({ server: { publicUrl, host, port } }: Config): string {
  if (publicUrl !== null) return String(publicUrl).replace(/\/+$/, '');
  return `http://${host?.includes(':') ? `[${host}]` : host}:${port}`;
}
