import { type FieldProblem, InvalidInput } from '../errors.ts';
import type { AttributeName } from '../identities/attributes.ts';
import type { Profile } from '../identities/profile.ts';
import { setAttributes } from '../identities/set-attributes.ts';
import type { Standing } from '../identities/standing.ts';
import type { PoolConfig } from '../pools/ports.ts';
import { withProvedEmail } from './proved-email.ts';

/** What is set of a user; what is absent stays. */
export interface ProfileInput {
  readonly email?: string;
  /** A provider outside has seen that it is theirs: verified where it is an address of the record (R4). Sets none. */
  readonly provedEmail?: string;
  readonly username?: string;
  readonly nickname?: string;
  /** By their names, `custom:…`; those that are not named stay. */
  readonly attributes?: { readonly [name: string]: string };
  /** Takes the place of the one before as a whole. */
  readonly appProfile?: { readonly [name: string]: unknown };
}

/** Homes of what other surfaces show as well (DESIGN 4). */
const ATTRIBUTES = {
  email: 'email',
  username: 'preferred_username',
  nickname: 'nickname',
} as const satisfies { readonly [K in keyof ProfileInput]?: AttributeName };

/**
 * The record with what was set, by the rules that hold whoever sets it.
 * @returns `fields`: names of what changed, for the audit entry.
 * @throws InvalidInput Something that is locked would change (R1).
 */
export function withProfileInput(
  config: PoolConfig,
  record: { schemaId: string; profile: Profile; standing: Standing },
  input: ProfileInput,
  options: { readonly newVid: () => string; readonly at: Date },
): { profile: Profile; fields: string[] } {
  const values = new Map<AttributeName, string | null>();
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    const value = input[name as keyof typeof ATTRIBUTES];
    // An empty text takes it away.
    if (value !== undefined) values.set(attribute, value === '' ? null : value);
  }
  const { profile, changed, problems } = setAttributes(config, record, values, options.newVid);
  if (problems.length > 0) throw new InvalidInput(problems.map(problemOf));
  const { provedEmail, attributes, appProfile } = input;
  const owner = { schemaId: record.schemaId, profile };
  const proved = provedEmail === undefined ? null : withProvedEmail(config, owner, provedEmail, options.at);
  const before = profile.identify ?? {};
  const identify = {
    ...before,
    ...(attributes === undefined ? {} : { attributes: { ...before.attributes, ...attributes } }),
    ...(appProfile === undefined ? {} : { appProfile }),
    updatedAt: Math.floor(options.at.getTime() / 1000),
  };
  const fields = [
    ...changed,
    ...(proved === null ? [] : ['verifiable_addresses']),
    // Their names are whatever a client chose.
    ...(attributes === undefined ? [] : ['identify.attributes']),
    ...(appProfile === undefined ? [] : ['identify.app_profile']),
  ];
  return { profile: { ...(proved ?? profile), identify }, fields };
}

function problemOf({
  attribute,
  code,
  message,
}: ReturnType<typeof setAttributes>['problems'][number]): FieldProblem {
  const [name = attribute] = Object.entries(ATTRIBUTES).find(([, home]) => home === attribute) ?? [];
  return { path: ['data', name], code, message };
}
