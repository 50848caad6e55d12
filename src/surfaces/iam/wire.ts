import Type from 'typebox';

const Uuid = Type.String({ format: 'uuid' });
const Timestamp = Type.String({ format: 'date-time' });
/** A time that comes in. RFC 3339 knows leap seconds, which are no time to JavaScript. */
export const SentTime = Type.String({
  format: 'date-time',
  pattern: ':[0-5]\\d(?:[.]\\d+)?(?:[Zz]|[+-]\\d\\d:\\d\\d)$',
});
const Via = Type.Union([Type.Literal('email'), Type.Literal('sms')]);
const AddressStatus = Type.Union([Type.Literal('pending'), Type.Literal('sent'), Type.Literal('completed')]);
const State = Type.Union([Type.Literal('active'), Type.Literal('inactive')]);
/** Any JSON. */
const Json = Type.Unknown();

export const VerifiableAddress = Type.Object({
  id: Uuid,
  value: Type.String(),
  verified: Type.Boolean(),
  via: Via,
  status: AddressStatus,
  verified_at: Type.Optional(Timestamp),
  created_at: Timestamp,
  updated_at: Timestamp,
});

export const RecoveryAddress = Type.Object({
  id: Uuid,
  value: Type.String(),
  via: Via,
  created_at: Timestamp,
  updated_at: Timestamp,
});

export const Credential = Type.Object({
  type: Type.String(),
  identifiers: Type.Array(Type.String()),
  config: Type.Optional(Type.Record(Type.String(), Json)),
  version: Type.Integer(),
  created_at: Timestamp,
  updated_at: Timestamp,
});

/** Contract iam 2. */
export const Identity = Type.Object({
  id: Uuid,
  external_id: Type.Optional(Type.String()),
  credentials: Type.Optional(Type.Record(Type.String(), Credential)),
  schema_id: Type.String(),
  schema_url: Type.String(),
  state: State,
  state_changed_at: Type.Optional(Timestamp),
  traits: Json,
  verifiable_addresses: Type.Optional(Type.Array(VerifiableAddress)),
  recovery_addresses: Type.Optional(Type.Array(RecoveryAddress)),
  metadata_public: Json,
  metadata_admin: Type.Optional(Json),
  created_at: Timestamp,
  updated_at: Timestamp,
  organization_id: Type.Union([Uuid, Type.Null()]),
});

export const Params = Type.Object({ id: Type.String() });
export const ExternalParams = Type.Object({ externalID: Type.String() });

/** `include_credential`, once or repeated. */
export const IncludeQuery = Type.Object({
  include_credential: Type.Optional(Type.Array(Type.String())),
});

const strict = { additionalProperties: false } as const;

const PasswordImport = Type.Object(
  {
    config: Type.Optional(
      Type.Object(
        {
          password: Type.Optional(Type.String()),
          hashed_password: Type.Optional(Type.String()),
          use_password_migration_hook: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
    ),
  },
  strict,
);
const Name = Type.String({ minLength: 1, maxLength: 1024 });

const OidcImport = Type.Object(
  {
    config: Type.Optional(
      Type.Object(
        {
          providers: Type.Optional(
            Type.Array(
              Type.Object(
                {
                  subject: Name,
                  provider: Name,
                  organization: Type.Optional(Type.Union([Type.String(), Type.Null()])),
                  use_auto_link: Type.Optional(Type.Boolean()),
                },
                strict,
              ),
              { maxItems: 100 },
            ),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
);
const SamlImport = Type.Object(
  {
    config: Type.Optional(
      Type.Object(
        {
          providers: Type.Optional(
            Type.Array(
              Type.Object(
                {
                  subject: Name,
                  provider: Name,
                  organization: Type.Optional(Type.Union([Type.String(), Type.Null()])),
                },
                strict,
              ),
              { maxItems: 100 },
            ),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
);
const TotpImport = Type.Object(
  { config: Type.Optional(Type.Object({ totp_url: Type.String({ maxLength: 2048 }) }, strict)) },
  strict,
);
const LookupImport = Type.Object(
  {
    config: Type.Optional(
      Type.Object(
        {
          codes: Type.Array(
            Type.Object(
              { code: Type.String({ minLength: 1, maxLength: 256 }), used_at: Type.Optional(SentTime) },
              strict,
            ),
            { maxItems: 100 },
          ),
        },
        strict,
      ),
    ),
  },
  strict,
);

const Base64 = Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$', maxLength: 8192 });
const PublicKey = Type.Object(
  {
    id: Base64,
    public_key: Base64,
    attestation_type: Type.Optional(Type.String({ maxLength: 64 })),
    authenticator: Type.Optional(
      Type.Object(
        { aaguid: Base64, sign_count: Type.Integer({ minimum: 0 }), clone_warning: Type.Boolean() },
        strict,
      ),
    ),
    display_name: Type.Optional(Type.String({ maxLength: 256 })),
    added_at: Type.Optional(SentTime),
    is_passwordless: Type.Optional(Type.Boolean()),
    flags: Type.Optional(
      Type.Object(
        {
          user_present: Type.Boolean(),
          user_verified: Type.Boolean(),
          backup_eligible: Type.Boolean(),
          backup_state: Type.Boolean(),
        },
        strict,
      ),
    ),
    transport: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16 })),
    attestation: Type.Optional(Json),
  },
  strict,
);
const PublicKeysImport = Type.Object(
  {
    config: Type.Optional(
      Type.Object(
        { credentials: Type.Array(PublicKey, { maxItems: 100 }), user_handle: Type.Optional(Base64) },
        strict,
      ),
    ),
  },
  strict,
);

export const CredentialImports = Type.Object(
  {
    password: Type.Optional(PasswordImport),
    oidc: Type.Optional(OidcImport),
    saml: Type.Optional(SamlImport),
    totp: Type.Optional(TotpImport),
    lookup_secret: Type.Optional(LookupImport),
    webauthn: Type.Optional(PublicKeysImport),
    passkey: Type.Optional(PublicKeysImport),
  },
  strict,
);

const common = {
  traits: Type.Optional(Json),
  metadata_public: Type.Optional(Json),
  metadata_admin: Type.Optional(Json),
  external_id: Type.Optional(Type.Union([Type.String({ maxLength: 512 }), Type.Null()])),
  credentials: Type.Optional(Type.Union([CredentialImports, Type.Null()])),
};

/** Contract iam 4.1, "Create body": strict. */
export const CreateBody = Type.Object(
  {
    schema_id: Type.Optional(Type.String()),
    ...common,
    state: Type.Optional(Type.String()),
    organization_id: Type.Optional(Type.Union([Uuid, Type.Null()])),
    verifiable_addresses: Type.Optional(
      Type.Array(
        Type.Object({
          id: Type.Optional(Type.String()),
          value: Type.String({ maxLength: 512 }),
          verified: Type.Optional(Type.Boolean()),
          via: Type.Optional(Via),
          status: Type.Optional(AddressStatus),
          verified_at: Type.Optional(Type.Union([SentTime, Type.Null()])),
        }),
        { maxItems: 100 },
      ),
    ),
    recovery_addresses: Type.Optional(
      Type.Array(
        Type.Object({
          id: Type.Optional(Type.String()),
          value: Type.String({ maxLength: 512 }),
          via: Type.Optional(Via),
        }),
        { maxItems: 100 },
      ),
    ),
  },
  strict,
);

/** Contract iam 4.1, "PUT body": what it does not name is passed over. */
export const UpdateBody = Type.Object({
  schema_id: Type.Optional(Type.String()),
  ...common,
  state: Type.Optional(Type.String()),
});

export const Nothing = Type.Object({});
