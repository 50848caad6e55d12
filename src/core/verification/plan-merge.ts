import { WrongState } from '../errors.ts';
import { ATTRIBUTES, type AttributeName, readAttribute } from '../identities/attributes.ts';
import { homesOf } from '../identities/factors.ts';
import type { Profile } from '../identities/profile.ts';
import type { Changing, Revision } from '../identities/revision.ts';
import { setAttributes } from '../identities/set-attributes.ts';
import { type Standing, standingOf } from '../identities/standing.ts';
import { foldAccounts } from './fold-accounts.ts';
import { TAGS_MAX } from './set-tags.ts';

/** A record while others are folded into it, or it into another. */
interface Content {
  readonly profile: Profile;
  readonly standing: Standing;
}

type Foldable = Pick<Changing, 'config' | 'stored' | 'profile'>;

/** What a merge makes of each record. */
export interface MergePlan {
  readonly primary: Content & Pick<Revision, 'fields'>;
  /** In the order given. */
  readonly secondaries: readonly (Content & Pick<Revision, 'fields'>)[];
}

/**
 * Names, addresses and tax data are taken over as a whole and only by who has none of it: half of one person's name and
 * half of another's make a third.
 */
const WHOLES: readonly ((name: AttributeName) => boolean)[] = [
  (name) => ['name', 'given_name', 'family_name'].includes(name),
  (name) => name.startsWith('address.'),
  (name) => name.startsWith('tax.'),
];

/**
 * Folds records into one, one after another: sessions, tags, the latest result, accounts elsewhere, and the attributes and
 * custom fields that the primary lacks, leave the secondary for it. What the primary has itself stays, and the secondary keeps its own.
 * Decides on what it is given only.
 *
 * @throws WrongState More tags together than an identity may have.
 * @see Contract verification 3.9.
 */
export function planMerge(
  primary: Foldable,
  secondaries: readonly Foldable[],
  newVid: () => string,
): MergePlan {
  let into: Content = { profile: primary.profile, standing: primary.stored.standing };
  const left: (Content & Pick<Revision, 'fields'>)[] = [];
  const taken = new Set<AttributeName>();
  for (const secondary of secondaries) {
    const folded = fold(primary, into, secondary, newVid);
    into = folded.into;
    for (const name of folded.taken) taken.add(name);
    left.push({ ...folded.left, fields: ['status', 'relationships'] });
  }
  if ((into.profile.tags ?? []).length > TAGS_MAX) {
    throw new WrongState(`Together the identities have more than ${TAGS_MAX} tags.`);
  }
  const before: Content = { profile: primary.profile, standing: primary.stored.standing };
  return { primary: { ...into, fields: [...fieldsOf(before, into), ...taken] }, secondaries: left };
}

function fold(
  primary: Foldable,
  before: Content,
  { config, stored, profile }: Foldable,
  newVid: () => string,
): { into: Content; left: Content; taken: readonly AttributeName[] } {
  const attributes = foldAttributes(primary, before, { config, stored, profile }, newVid);
  const custom = foldCustomFields(primary, before, { config, stored, profile });
  const { standing: own } = before;
  const { standing } = stored;
  const isLater = isLaterSession(standing, own);
  const latest = isLater ? profile.latestResult : before.profile.latestResult;
  const tags = [...new Set([...(before.profile.tags ?? []), ...(profile.tags ?? [])])];
  const accounts = foldAccounts(attributes.into, attributes.left);
  const { latestResult: _own, ...rest } = accounts.into;
  const { latestResult: _moved, tags: _tags, ...remains } = accounts.left;
  return {
    taken: attributes.taken,
    into: {
      profile: {
        ...rest,
        tags,
        ...(custom === null ? {} : { customFields: custom.into }),
        ...(latest === undefined ? {} : { latestResult: latest }),
      },
      standing: unite(own, standing, isLater),
    },
    left: {
      profile: { ...remains, ...(custom === null ? {} : { customFields: custom.left }) },
      // The end of its latest session stays: until when personal data may be shown counts from it.
      standing: standingOf({
        ...standing,
        status: 'merged',
        mergedInto: primary.stored.id,
        sessions: undefined,
        latestSessionId: undefined,
        firstVerifiedAt: undefined,
        lastVerifiedAt: undefined,
      }),
    },
  };
}

/** Each standing sums up its own sessions, so that two of them sum up the sessions of both. */
function unite(own: Standing, other: Standing, isLater: boolean): Standing {
  const sessions = (own.sessions ?? 0) + (other.sessions ?? 0);
  const latest = isLater ? other : own;
  return standingOf({
    ...own,
    country: own.country ?? other.country,
    sessions: sessions === 0 ? undefined : sessions,
    latestSessionId: latest.latestSessionId,
    latestSessionEndedAt: latest.latestSessionEndedAt,
    firstVerifiedAt: [own.firstVerifiedAt, other.firstVerifiedAt].filter(isText).sort().at(0),
    lastVerifiedAt: [own.lastVerifiedAt, other.lastVerifiedAt].filter(isText).sort().at(-1),
    confirmed: own.confirmed ?? other.confirmed,
  });
}

function isText(value: string | undefined): value is string {
  return value !== undefined;
}

function isLaterSession(other: Standing, own: Standing): boolean {
  if (other.latestSessionId === undefined) return false;
  if (own.latestSessionId === undefined) return true;
  const [otherEnd, ownEnd] = [other, own].map((one) => one.latestSessionEndedAt ?? '');
  return otherEnd === ownEnd
    ? other.latestSessionId > own.latestSessionId
    : (otherEnd ?? '') > (ownEnd ?? '');
}

function foldAttributes(
  primary: Foldable,
  before: Content,
  secondary: Foldable,
  newVid: () => string,
): { into: Profile; left: Profile; taken: readonly AttributeName[] } {
  const homes = homesOf(primary.config, primary.stored.schemaId);
  const otherHomes = homesOf(secondary.config, secondary.stored.schemaId);
  const values = new Map<AttributeName, string>();
  for (const name of ATTRIBUTES) {
    const whole = WHOLES.find((belongs) => belongs(name)) ?? ((other: AttributeName) => other === name);
    const value = readAttribute(secondary.profile, otherHomes, name);
    const isFree = ATTRIBUTES.filter(whole).every(
      (part) => readAttribute(before.profile, homes, part) === null,
    );
    if (isFree && value !== null) values.set(name, value);
  }
  const record = {
    schemaId: primary.stored.schemaId,
    profile: before.profile,
    standing: before.standing,
  };
  let set = setAttributes(primary.config, record, values, newVid);
  // What was confirmed without one stays without it (R1).
  while (set.problems.length > 0) {
    for (const { attribute } of set.problems) values.delete(attribute);
    set = setAttributes(primary.config, record, values, newVid);
  }
  // They leave as they are: nothing that was confirmed of them changes.
  const { confirmed: _confirmed, ...standing } = secondary.stored.standing;
  const gone = new Map([...values.keys()].map((name) => [name, null]));
  const other = { schemaId: secondary.stored.schemaId, profile: secondary.profile, standing };
  const { profile: left } = setAttributes(secondary.config, other, gone, newVid);
  return { into: set.profile, left, taken: set.changed };
}

/** Fields are a type's: between identities of two types none can move. */
function foldCustomFields(primary: Foldable, before: Content, secondary: Foldable) {
  const values = secondary.profile.customFields;
  const { typeId } = primary.stored.standing;
  if (values === undefined || typeId === undefined || typeId !== secondary.stored.standing.typeId)
    return null;
  const own = before.profile.customFields ?? {};
  const moves = ([name]: [string, unknown]) => !Object.hasOwn(own, name);
  const entries = Object.entries(values);
  return {
    into: { ...own, ...Object.fromEntries(entries.filter(moves)) },
    left: Object.fromEntries(entries.filter((entry) => !moves(entry))),
  };
}

/** Names of what became different of the primary, as audit entries and events tell them. */
function fieldsOf(before: Content, after: Content): string[] {
  const differs = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);
  const standing = {
    sessions: 'session_count',
    latestSessionId: 'latest_session_id',
    firstVerifiedAt: 'first_verified_at',
    lastVerifiedAt: 'last_verified_at',
    country: 'country',
  } as const;
  const fields = ['relationships'];
  for (const [key, name] of Object.entries(standing) as [keyof typeof standing, string][]) {
    if (before.standing[key] !== after.standing[key]) fields.push(name);
  }
  if (differs(before.profile.tags ?? [], after.profile.tags ?? [])) fields.push('tags');
  if (differs(before.profile.customFields ?? {}, after.profile.customFields ?? {}))
    fields.push('custom_fields');
  if (before.profile.identify?.accounts !== after.profile.identify?.accounts) fields.push('identify.account');
  return fields;
}
