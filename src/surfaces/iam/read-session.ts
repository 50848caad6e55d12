import { type FieldProblem, InvalidInput, NotPermitted } from '../../core/errors.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { ManagedSessions } from '../../core/sessions/end-sessions.ts';
import type { SessionId } from '../../core/sessions/ports.ts';
import { parse } from '../../http/parse.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { listOf } from './requests.ts';
import * as wire from './wire-sessions.ts';

const SIZE = 250;
const SIZE_MAX = 1000;
/** Kratos begins with the one, Connhex with the other. */
const FIRST_PAGES: ReadonlySet<string> = new Set(['', '1', '00000000-0000-0000-0000-000000000000']);

/** @throws InvalidInput No UUID: 400 here, where identities have 404. */
export function sessionIdOf({ params }: Pick<GuardedRequest, 'params'>): SessionId {
  return parse(wire.Params, params).id.toLowerCase() as SessionId;
}

/** The path's identity. @throws InvalidInput As `sessionIdOf`. */
export function ownerIdOf({ params }: Pick<GuardedRequest, 'params'>): IdentityId {
  return parse(wire.Params, params).id.toLowerCase() as IdentityId;
}

/** Null: whatever their state. @throws InvalidInput */
export function activeIn({ query }: Pick<GuardedRequest, 'query'>): boolean | null {
  const { active } = parse(wire.ActiveQuery, query);
  return active === undefined ? null : active === 'true';
}

type Expandable = (typeof wire.EXPANDABLE)[number];

/**
 * What is to be shown of each session beside itself.
 * @throws InvalidInput @throws NotPermitted Identities are shown to those only who may read them anywhere.
 */
export function expandedIn(
  request: Pick<GuardedRequest, 'query' | 'principal'>,
): Readonly<Record<Expandable, boolean>> {
  const asked = listOf(request, 'expand');
  if (asked.some((part) => !(wire.EXPANDABLE as readonly string[]).includes(part)))
    throw wrong(['expand'], `must be one of: ${wire.EXPANDABLE.join(', ')}`);
  const identity = asked.includes('identity');
  if (identity && !seesIdentities(request)) throw new NotPermitted('identities:read');
  return { identity, devices: asked.includes('devices') };
}

/** Sessions may be managed by keys that may not see whose they are. */
export function seesIdentities({ principal }: Pick<GuardedRequest, 'principal'>): boolean {
  return principal.grants.has('identities:read');
}

/** @throws InvalidInput */
export function pageIn(request: Pick<GuardedRequest, 'query'>): {
  pageSize: number;
  pageToken: string | null;
} {
  const { expand: _, ...query } = request.query;
  const { page_size: size = '', page_token: token = '' } = parse(wire.ListQuery, query);
  const wanted = Number(size);
  return {
    pageSize: wanted < 1 ? SIZE : Math.min(wanted, SIZE_MAX),
    pageToken: FIRST_PAGES.has(token) ? null : token,
  };
}

/** @throws InvalidInput Neither identities nor sessions, both, or `*` beside others. */
export function managedIn({
  identities,
  sessions,
}: Record<'identities' | 'sessions', readonly string[] | undefined>): ManagedSessions {
  if ((identities === undefined) === (sessions === undefined))
    throw wrong(['identities'], 'must be given, or else sessions');
  if (sessions !== undefined) return { sessions: lower(sessions) as SessionId[] };
  const ids = identities ?? [];
  if (!ids.includes(wire.EVERY_IDENTITY)) return { identities: lower(ids) as IdentityId[] };
  if (ids.length > 1) throw wrong(['identities'], 'must hold nothing beside *');
  return { identities: '*' };
}

function lower(ids: readonly string[]): string[] {
  return ids.map((id) => id.toLowerCase());
}

function wrong(path: FieldProblem['path'], message: string): InvalidInput {
  return new InvalidInput([{ path, code: 'invalid', message }]);
}
