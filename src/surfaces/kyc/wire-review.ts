import Type from 'typebox';
import { Identity } from './wire.ts';

// Shapes of the review queue: ours, the published API has none. In the contract's casing.

const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const Uuid = Type.String({ format: 'uuid' });
/** ISO 8601, UTC, with milliseconds. */
const Time = Type.String({ format: 'date-time' });
const Link = Type.String({ description: 'Opens the file without a key, for 900 seconds.' });

const CASE = {
  ...{ verificationId: Uuid, identityId: Uuid, provider: Type.String() },
  type: Type.Union([Type.Literal('person'), Type.Literal('company')]),
  status: Type.String(),
  exceptions: Type.Array(Type.String()),
  risk: nullable(Type.String()),
  since: Type.String({ format: 'date-time', description: 'Since when it is in this status.' }),
};

export const Case = Type.Object({
  ...CASE,
  revision: Type.Integer({ description: 'Of the data shown here; send it back with a decision.' }),
  validUntil: nullable(
    Type.String({ format: 'date', description: 'The last day on which the evidence holds.' }),
  ),
  checks: Type.Array(
    Type.Object({ code: Type.String(), result: Type.String(), detail: nullable(Type.String()) }),
  ),
  decidedBy: nullable(
    Type.Object({
      key: nullable(Type.String({ description: 'What the API key begins with; null: a provider decided.' })),
      reviewer: nullable(Type.String({ description: 'As the decision named them.' })),
      at: Time,
    }),
  ),
  identity: Type.Omit(Identity, ['documents']),
  documents: Type.Array(
    Type.Object({
      ...{ id: Uuid, type: Type.String(), side: Type.String() },
      ...{ label: nullable(Type.String()), description: nullable(Type.String()) },
      ...{ createdAt: Time, link: Link },
    }),
  ),
  faceImages: Type.Array(Type.Object({ id: Uuid, createdAt: Time, link: Link })),
});

export const OneCase = Type.Object({ data: Case });
export const CaseList = Type.Object({
  data: Type.Array(Type.Object(CASE)),
  next: nullable(Type.String({ description: 'For `page[after]`; null: this is the last page.' })),
});

export const CaseParams = Type.Object({ verificationId: Uuid });

export const SIZE = 30;
export const SIZE_MAX = 100;
export const QueueQuery = Type.Object({
  provider: Type.Optional(Type.String({ description: 'Cases of one provider only.' })),
  'page[size]': Type.Optional(Type.Integer({ minimum: 1, maximum: SIZE_MAX, default: SIZE })),
  'page[after]': Type.Optional(Type.String({ description: '`next` of the page before.' })),
});

export const EXCEPTIONS_MAX = 20;
export const EXCEPTION_CODE = '^[a-z][a-z0-9_]{0,63}$';
export const REVIEWER_LENGTH_MAX = 100;

const DECISION = {
  revision: Type.Optional(
    Type.Integer({ minimum: 0, description: 'As shown; refused with 409 when the data are others by now.' }),
  ),
  block: Type.Optional(Type.Boolean({ description: 'Blocks the identity with it.', default: false })),
  reviewer: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: REVIEWER_LENGTH_MAX,
      description: 'Who decides, for the audit log.',
    }),
  ),
};
export const ApproveInput = Type.Object(DECISION);
export const RejectInput = Type.Object({
  ...DECISION,
  exceptions: Type.Optional(
    Type.Array(Type.String({ pattern: EXCEPTION_CODE }), {
      maxItems: EXCEPTIONS_MAX,
      description: 'Reasons, as codes; left out: what was found already.',
    }),
  ),
});
