import Type from 'typebox';

// Shapes of contract kyc, in its own casing. What goes out carries these keys and no others.

const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const Uuid = Type.String({ format: 'uuid' });
/** ISO 8601, UTC, with milliseconds. */
const Time = Type.String({ format: 'date-time' });

/** Contract kyc 2, the document object. */
const Document = Type.Object({
  ...{ id: Uuid, identityId: Uuid, type: Type.String(), side: Type.String() },
  label: nullable(Type.String()),
  description: nullable(Type.String()),
  url: Type.String({ description: 'Names the file; serves nothing without a signature.' }),
  ...{ createdAt: Time, updatedAt: Time, deletedAt: nullable(Time) },
});

/** Contract kyc 4.1: what one provider makes of the identity. */
const KycStatus = Type.Object({
  ...{ provider: Type.String(), status: Type.String(), exceptions: Type.Array(Type.String()) },
  ...{ verificationId: Uuid, createdAt: Time, updatedAt: Time },
});

/** Contract kyc 2. Null beyond what the contract says: in records of other surfaces that nobody completed. */
export const Identity = Type.Object({
  id: Uuid,
  appId: Uuid,
  type: Type.Union([Type.Literal('person'), Type.Literal('company')]),
  name: nullable(Type.String()),
  email: nullable(Type.String()),
  birthday: nullable(Type.String()),
  gender: nullable(Type.String()),
  identityOwner: nullable(Uuid),
  identityConfirmed: Type.Boolean(),
  blocked: Type.Boolean(),
  address: Type.Object({
    city: nullable(Type.String()),
    country: nullable(Type.String()),
    postalCode: nullable(Type.String()),
    state: nullable(Type.String()),
    street: nullable(Type.String()),
  }),
  phone: Type.Object({ number: nullable(Type.String()), sms: Type.Boolean() }),
  tax: Type.Object({
    country: nullable(Type.String()),
    idNumber: nullable(Type.String()),
    state: nullable(Type.String()),
    formationRegion: nullable(Type.String()),
  }),
  kycStatus: Type.Array(KycStatus),
  documents: Type.Optional(Type.Array(Document, { description: 'Not in lists.' })),
  riskRating: nullable(Type.String()),
  createdAt: Time,
  updatedAt: Time,
});

export const OneIdentity = Type.Object({ data: Identity });
export const IdentityList = Type.Object({ total: Type.Integer(), data: Type.Array(Identity) });
export const Nothing = Type.Object({});

const Text = Type.String({ minLength: 1, maxLength: 255 });
const Country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2.' });

const FIELDS = {
  type: Type.String({ enum: ['person', 'company'] }),
  name: Text,
  email: Type.String({ maxLength: 254 }),
  birthday: nullable(Type.String({ format: 'date', description: 'Age 18 to 99. Needed for a person.' })),
  gender: nullable(Type.String({ enum: ['Male', 'Female', 'Undefined', 'male', 'female', 'undefined'] })),
  identityOwner: nullable(
    Type.String({ format: 'uuid', description: 'Needed for a company, and only there.' }),
  ),
  address: Type.Object({
    ...{ city: Text, country: Country, postalCode: Text, street: Text },
    state: Type.Optional(nullable(Type.String({ description: 'Needed where the country is US.' }))),
  }),
  phone: Type.Object({
    number: Text,
    sms: Type.Optional(Type.Union([Type.Boolean(), Type.Literal('true'), Type.Literal('false')])),
  }),
  tax: Type.Object({
    ...{ country: Country, idNumber: Text },
    state: Type.Optional(nullable(Type.String({ description: 'Needed where the country is US.' }))),
    formationRegion: Type.Optional(nullable(Type.String({ description: 'Needed for a company.' }))),
  }),
  documents: Type.Array(
    Type.Object({
      ...{ type: Type.String(), side: Type.String(), url: Type.String() },
      label: Type.Optional(nullable(Type.String({ maxLength: 255 }))),
      description: Type.Optional(nullable(Type.String({ maxLength: 255 }))),
    }),
    { maxItems: 20 },
  ),
  faceImages: Type.Array(Type.String(), { maxItems: 10 }),
};

export const UpdateInput = Type.Partial(Type.Object(FIELDS));
const { type, name, email, address, phone, tax, ...others } = FIELDS;
export const CreateInput = Type.Object({
  ...{ type, name, email, address, phone, tax },
  ...Type.Partial(Type.Object(others)).properties,
});

export const Params = Type.Object({ id: Uuid });

const FILTERS: Readonly<Record<string, string>> = {
  appId: 'A value.',
  blocked: '`true` or `false`.',
  email: 'A value, or `like:` and a part of one.',
  id: 'A value, or `in:` and values.',
  identityOwner: 'A value, or `in:` and values.',
  name: 'A value.',
  riskRating: 'A value, or `in:` or `nin:` and values.',
  type: 'A value.',
};
export const ListQuery = Type.Object({
  ...Object.fromEntries(
    Object.entries(FILTERS).map(([field, description]) => [
      `filter[${field}]`,
      Type.Optional(Type.String({ description })),
    ]),
  ),
  sort: Type.Optional(
    Type.String({
      description: 'Some of `createdAt` and `updatedAt`, by commas; `-` in front: latest first.',
    }),
  ),
  'page[number]': Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  'page[size]': Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 30 })),
  all: Type.Optional(Type.Boolean({ description: 'Everything, without pages.', default: false })),
});
