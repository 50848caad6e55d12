import type { FieldCode } from '../errors.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { Traits } from '../traits/ports.ts';
import { type AttributeName, readAttribute, writeAttribute } from './attributes.ts';
import { homesOf } from './factors.ts';
import type { Profile, StoredFactor } from './profile.ts';
import type { Standing } from './standing.ts';

/** What confirmed identities may not change (R1). What was not there was not confirmed: it may be supplied. */
const LOCKED: readonly AttributeName[] = ['name', 'birthdate', 'gender', 'tax.country', 'tax.id_number'];
const LOCKED_MESSAGE = 'This was confirmed by a verification and cannot be changed.';

/** What is wrong with one attribute of a change. */
export interface AttributeProblem {
  /** As the caller named it: a derived `name` is reported at the parts that were sent. */
  readonly attribute: AttributeName;
  readonly code: FieldCode;
  readonly message: string;
}

export interface AttributeChange {
  readonly profile: Profile;
  /** In the order given; `name` last where it followed its parts. */
  readonly changed: readonly AttributeName[];
  readonly problems: readonly AttributeProblem[];
}

type Read = (name: AttributeName) => string | null;

/** The legal name: the stored one, else the parts' composition (DESIGN 4, derived and never stored twice). */
export function legalNameOf(read: Read): string | null {
  return read('name') ?? composed(read);
}

function composed(read: Read): string | null {
  const parts = [read('given_name'), read('family_name')].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' ');
}

/**
 * Sets attributes, wherever their homes are; null removes one. The one way in which any surface writes them: it keeps
 * a stored `name` that was its parts' composition in step, renews the ids of factors that are linked to what changed,
 * and refuses what is locked (R1), a `name` that only follows from its parts included.
 */
export function setAttributes(
  config: PoolConfig,
  record: { schemaId: string; profile: Profile; standing: Standing },
  values: ReadonlyMap<AttributeName, string | null>,
  newVid: () => string,
): AttributeChange {
  const homes = homesOf(config, record.schemaId);
  const { profile: before } = record;
  const readBefore = (name: AttributeName) => readAttribute(before, homes, name);
  let profile = before;
  const changed: AttributeName[] = [];
  for (const [name, value] of values) {
    if (readBefore(name) === value) continue;
    profile = writeAttribute(profile, homes, name, value);
    changed.push(name);
  }
  if (changed.length === 0) return { profile: before, changed, problems: [] };

  const readAfter = (name: AttributeName) => readAttribute(profile, homes, name);
  const follows =
    !values.has('name') && readBefore('name') !== null && readBefore('name') === composed(readBefore);
  if (follows && composed(readAfter) !== readBefore('name')) {
    profile = writeAttribute(profile, homes, 'name', composed(readAfter));
    changed.push('name');
  }
  const problems =
    record.standing.confirmed === true ? lockedProblems(readBefore, changed, { readAfter, values }) : [];
  return { profile: withNewVids(config, profile, changed, { readAfter, newVid }), changed, problems };
}

/**
 * Replaces traits as a whole, and their schema: what they hold of attributes is changed by that, under the same rules as
 * in `setAttributes`. The traits were validated.
 */
export function replaceTraits(
  config: PoolConfig,
  record: { schemaId: string; profile: Profile; standing: Standing },
  next: { schemaId: string; traits: Traits },
  newVid: () => string,
): AttributeChange {
  const { profile: before } = record;
  const [homes, nextHomes] = [homesOf(config, record.schemaId), homesOf(config, next.schemaId)];
  const readBefore = (name: AttributeName) => readAttribute(before, homes, name);
  let profile: Profile = { ...before, traits: next.traits };
  const readAfter = (name: AttributeName) => readAttribute(profile, nextHomes, name);
  const touched = new Set([...homes.keys(), ...nextHomes.keys()]);
  const changed = [...touched].filter((name) => readBefore(name) !== readAfter(name));
  const name = readBefore('name');
  if (
    !touched.has('name') &&
    name !== null &&
    name === composed(readBefore) &&
    composed(readAfter) !== name
  ) {
    profile = writeAttribute(profile, nextHomes, 'name', composed(readAfter));
    changed.push('name');
  }
  const values = new Map(changed.filter((one) => touched.has(one)).map((one) => [one, readAfter(one)]));
  const problems =
    record.standing.confirmed === true ? lockedProblems(readBefore, changed, { readAfter, values }) : [];
  return { profile: withNewVids(config, profile, changed, { readAfter, newVid }), changed, problems };
}

function lockedProblems(
  readBefore: Read,
  changed: readonly AttributeName[],
  { readAfter, values }: { readAfter: Read; values: ReadonlyMap<AttributeName, string | null> },
): AttributeProblem[] {
  const locked = new Set(
    changed.filter((name) => LOCKED.includes(name) && readBefore(name) !== null && values.has(name)),
  );
  const legalName = legalNameOf(readBefore);
  if (legalName !== null && legalName !== legalNameOf(readAfter)) {
    for (const name of ['name', 'given_name', 'family_name'] as const) {
      if (changed.includes(name) && values.has(name)) locked.add(name);
    }
  }
  return [...locked].map((attribute) => ({ attribute, code: 'locked', message: LOCKED_MESSAGE }));
}

/** A factor's value id is made anew each time its value changes, whoever changed it. */
function withNewVids(
  config: PoolConfig,
  profile: Profile,
  changed: readonly AttributeName[],
  { readAfter, newVid }: { readAfter: (name: AttributeName) => string | null; newVid: () => string },
): Profile {
  const linked = config.factors.filter(({ attribute }) => attribute !== null && changed.includes(attribute));
  if (linked.length === 0) return profile;
  const factors: Record<string, StoredFactor> = { ...profile.factors };
  for (const { name, type, attribute } of linked) {
    if (attribute === null || readAfter(attribute) === null) delete factors[name];
    else factors[name] = { type, vid: newVid() };
  }
  return { ...profile, factors };
}
