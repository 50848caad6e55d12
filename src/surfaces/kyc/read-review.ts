import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import type { ReviewDecision, ReviewPlace } from '../../core/kyc/review.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { VerificationId } from '../../core/verification/ports.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { BodyReader } from './body-reader.ts';
import { UUID, unknownParameters } from './requests.ts';
import * as wire from './wire-review.ts';

const CODE = new RegExp(wire.EXCEPTION_CODE);
const CONTROL = /[\p{Cc}\p{Cs}]/u;
const PROVIDER_LENGTH_MAX = 64;

/** The path's verification, and nothing in the query. @throws InvalidInput */
export function verificationOf(request: GuardedRequest): VerificationId {
  const { verificationId = '' } = request.params;
  const problems = unknownParameters(request, []);
  if (!UUID.test(verificationId))
    problems.push({ path: ['verificationId'], code: 'invalid', rule: 'format', message: 'must be a UUID' });
  if (problems.length > 0) throw new InvalidInput(problems);
  return verificationId as VerificationId;
}

/** @throws InvalidInput Everything that is wrong with it, at once. */
export function readDecision({ body }: GuardedRequest, state: ReviewDecision['state']): ReviewDecision {
  const names = ['revision', 'block', 'reviewer', ...(state === 'rejected' ? ['exceptions'] : [])];
  const reader = new BodyReader((body ?? {}) as Record<string, unknown>, names);
  const decision = {
    state,
    exceptions: readExceptions(reader),
    revision: readRevision(reader),
    blocks: readSwitch(reader, 'block'),
    reviewer: reader.text('reviewer', wire.REVIEWER_LENGTH_MAX) ?? null,
  };
  if (reader.problems.length > 0) throw new InvalidInput(reader.problems);
  return decision;
}

function readRevision(reader: BodyReader): number | null {
  const value = reader.value('revision');
  if (value === undefined) return null;
  if (value === null) return reader.refuse('revision', 'null', 'must not be null');
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  return reader.refuse('revision', 'type', 'must be a whole number of at least 0');
}

function readSwitch(reader: BodyReader, name: string): boolean {
  const value = reader.value(name) ?? false;
  if (reader.isNull(name)) reader.refuse(name, 'null', 'must not be null');
  else if (typeof value !== 'boolean') reader.refuse(name, 'type', 'must be true or false');
  return value === true;
}

/** Codes are kept and told in clear, so that no other text may be among them; null: none were sent. */
export function readExceptions(reader: BodyReader): string[] | null {
  const codes = reader.list('exceptions', wire.EXCEPTIONS_MAX) ?? null;
  if (codes === null) return null;
  for (const [index, code] of codes.entries()) {
    const path = ['exceptions', index];
    if (typeof code !== 'string')
      reader.problems.push({ path, code: 'invalid', rule: 'type', message: 'must be a string' });
    else if (!CODE.test(code))
      reader.problems.push({
        ...{ path, code: 'invalid', rule: 'format' },
        message: 'must be lower case letters, digits and _, at most 64, a letter first',
      });
  }
  return codes.filter((code) => typeof code === 'string');
}

/** @throws InvalidInput Everything that is wrong with it, at once. */
export function readQueueQuery(request: GuardedRequest): {
  provider: string | null;
  limit: number;
  after: ReviewPlace | null;
} {
  const problems: FieldProblem[] = unknownParameters(request, ['provider', 'page[size]', 'page[after]']);
  const read = (name: string, isGood: (text: string) => boolean, message: string): string | null => {
    const text = request.query[name];
    if (text === undefined) return null;
    if (typeof text === 'string' && isGood(text)) return text;
    problems.push({ path: [name], code: 'invalid', rule: 'format', message });
    return null;
  };
  const provider = read(
    'provider',
    (text) => text !== '' && text.length <= PROVIDER_LENGTH_MAX && !CONTROL.test(text),
    'must name one provider',
  );
  const size = read(
    'page[size]',
    (text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= wire.SIZE_MAX,
    `must be a whole number from 1 to ${wire.SIZE_MAX}`,
  );
  const token = read('page[after]', (text) => parseToken(text) !== null, 'must be `next` of a page before');
  if (problems.length > 0) throw new InvalidInput(problems);
  return {
    provider,
    limit: size === null ? wire.SIZE : Number(size),
    after: token === null ? null : parseToken(token),
  };
}

/** Where the next page begins; clients send it back as it is. */
export function tokenOf({ updatedAt, identityId, provider }: ReviewPlace): string {
  return Buffer.from(JSON.stringify([updatedAt.getTime(), identityId, provider])).toString('base64url');
}

function parseToken(text: string): ReviewPlace | null {
  try {
    const [time, identityId, provider]: unknown[] = JSON.parse(
      Buffer.from(text, 'base64url').toString('utf8'),
    );
    const updatedAt = new Date(typeof time === 'number' ? time : Number.NaN);
    if (Number.isNaN(updatedAt.getTime()) || typeof identityId !== 'string' || !UUID.test(identityId))
      return null;
    if (typeof provider !== 'string' || CONTROL.test(provider)) return null;
    return { updatedAt, identityId: identityId as IdentityId, provider };
  } catch {
    return null;
  }
}
