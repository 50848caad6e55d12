import Type from 'typebox';
import { EXCEPTION_CODE, EXCEPTIONS_MAX } from './wire-review.ts';

// Shapes of contract kyc 3.8 to 3.10, in its own casing.

const Uuid = Type.String({ format: 'uuid' });
/** ISO 8601, UTC, with milliseconds. */
const Time = Type.String({ format: 'date-time' });
const Code = Type.String({ minLength: 1, maxLength: 255, description: 'Such as `deposit:wire`.' });
const ACTIONS = ['create', 'confirm', 'cancel', 'Create', 'Confirm', 'Cancel'];

export const Operations = Type.Object({
  data: Type.Array(
    Type.Object({
      ...{ code: Type.String(), action: Type.String(), provider: Type.String() },
      status: Type.String({ enum: ['active', 'pending', 'inactive', 'blocked'] }),
    }),
  ),
});
export const ValidateInput = Type.Object({
  ...{ action: Type.String({ enum: ACTIONS }), code: Code, identityId: Uuid },
});
export const ActivateInput = Type.Object({ code: Code, identityId: Uuid });

const Verification = Type.Object({
  ...{ id: Uuid, identityId: Uuid },
  status: Type.String({ enum: ['pending', 'exception', 'approved', 'rejected', 'expired'] }),
  exceptionDetails: Type.String({ description: 'Codes, by commas; empty when there are none.' }),
  ...{ createdAt: Time, updatedAt: Time },
});
export const OneVerification = Type.Object({ data: Verification });
export const VerificationList = Type.Object({ total: Type.Integer(), data: Type.Array(Verification) });
export const PageQuery = Type.Object({
  'page[number]': Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  'page[size]': Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 30 })),
});

const SELECTORS = {
  identityId: Type.Optional(Uuid),
  email: Type.Optional(Type.String({ maxLength: 254 })),
};
export const ApproveInput = Type.Object(SELECTORS, {
  description: 'At least one of the two; both name the same identity.',
});
export const RejectInput = Type.Object({
  ...SELECTORS,
  exceptions: Type.Optional(
    Type.Array(Type.String({ pattern: EXCEPTION_CODE }), { maxItems: EXCEPTIONS_MAX }),
  ),
});
export const Simulated = Type.Object({ message: Type.String() });

export const RelationInput = Type.Object({
  ...{ fromIdentity: Uuid, toIdentity: Uuid },
  label: Type.String({ minLength: 1, maxLength: 255 }),
});
const Relation = Type.Object({
  ...{ id: Uuid, fromIdentity: Uuid, toIdentity: Uuid, label: Type.String(), createdAt: Time },
});
export const OneRelation = Type.Object({ data: Relation });
