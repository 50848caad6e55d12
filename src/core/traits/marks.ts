import type { SchemaProblem } from './errors.ts';
import { KRATOS } from './keywords.ts';
import { isObject, type JsonObject, ownMember, pointerTo } from './pointer.ts';
import type { Channel } from './ports.ts';

/** What the keyword `ory.sh/kratos` says of a trait (contract iam 5). */
export interface TraitMarks {
  readonly password: boolean;
  readonly webauthn: boolean;
  readonly code: Channel | null;
  readonly passkeyName: boolean;
  readonly totpName: boolean;
  readonly verification: Channel | null;
  readonly recovery: Channel | null;
  readonly organization: boolean;
}

type Shape = { readonly [member: string]: Shape | 'boolean' | readonly string[] };
const VIA: readonly string[] = ['email', 'sms'];
const MARK_SHAPE: Shape = {
  credentials: {
    password: { identifier: 'boolean' },
    webauthn: { identifier: 'boolean' },
    passkey: { display_name: 'boolean' },
    totp: { account_name: 'boolean' },
    code: { identifier: 'boolean', via: VIA },
  },
  verification: { via: VIA },
  recovery: { via: VIA },
  organizations: { matcher: ['email_domain'] },
};

/** @param pointer Of the schema that is marked. */
export function markProblems(schema: JsonObject, pointer: string): SchemaProblem[] {
  const at = pointerTo(pointer, KRATOS);
  const problems = shapeProblems(schema[KRATOS], MARK_SHAPE, at);
  const code = inside(schema[KRATOS], 'credentials', 'code');
  if (ownMember(code, 'identifier') === true && ownMember(code, 'via') === undefined)
    problems.push({ pointer: pointerTo(at, 'credentials', 'code'), message: 'must say via: email or sms' });
  return problems;
}

function shapeProblems(value: unknown, shape: Shape, pointer: string): SchemaProblem[] {
  if (!isObject(value)) return [{ pointer, message: 'must be an object' }];
  return Object.entries(value).flatMap(([member, child]) => {
    const at = pointerTo(pointer, member);
    const wanted = Object.hasOwn(shape, member) ? shape[member] : undefined;
    if (wanted === undefined) return [{ pointer: at, message: 'is not known' }];
    if (wanted === 'boolean')
      return typeof child === 'boolean' ? [] : [{ pointer: at, message: 'must be true or false' }];
    if (!isWords(wanted)) return shapeProblems(child, wanted, at);
    return wanted.some((word) => word === child)
      ? []
      : [{ pointer: at, message: `must be ${wanted.join(' or ')}` }];
  });
}

function isWords(wanted: Shape | readonly string[]): wanted is readonly string[] {
  return Array.isArray(wanted);
}

/** The marks of a schema whose marks have no problems; null when it has none. */
export function readMarks(schema: JsonObject): TraitMarks | null {
  const mark = schema[KRATOS];
  if (!isObject(mark)) return null;
  const on = (type: string, member: string): boolean => inside(mark, 'credentials', type, member) === true;
  return {
    password: on('password', 'identifier'),
    webauthn: on('webauthn', 'identifier'),
    code: on('code', 'identifier') ? channelOf(inside(mark, 'credentials', 'code', 'via')) : null,
    passkeyName: on('passkey', 'display_name'),
    totpName: on('totp', 'account_name'),
    verification: channelOf(inside(mark, 'verification', 'via')),
    recovery: channelOf(inside(mark, 'recovery', 'via')),
    organization: inside(mark, 'organizations', 'matcher') === 'email_domain',
  };
}

function inside(value: unknown, ...members: readonly string[]): unknown {
  return members.reduce(ownMember, value);
}

function channelOf(via: unknown): Channel | null {
  return via === 'email' || via === 'sms' ? via : null;
}
