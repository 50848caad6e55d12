import { type Uuid, uuidOfDigest } from '../../kit/ids.ts';
import { normaliseEmail, normaliseUsername } from '../../kit/normalise.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { FactorDefinition, FactorType } from '../pools/ruleset.ts';
import type { PoolVault } from '../ports.ts';
import { readAttribute, type TraitHomes, writeAttribute } from './attributes.ts';
import type { Identifier } from './ports.ts';
import type { FactorView, Profile, StoredFactor } from './profile.ts';

/** A factor as a caller sends it, checked. */
export interface FactorInput {
  readonly name: string;
  /** As submitted, outer white space removed. */
  readonly value: string;
}

/** Types whose value a caller may send. */
export const INPUT_TYPES: readonly FactorType[] = ['email', 'username'];

/** The form that values of a type are compared in; null when the text is none of that type. */
export function normaliseFactor(type: FactorType, value: string): string | null {
  if (type === 'email') return normaliseEmail(value);
  return type === 'username' ? normaliseUsername(value) : null;
}

export function homesOf(config: PoolConfig, schemaId: string): TraitHomes {
  return config.schemas.get(schemaId)?.homes ?? new Map();
}

function factorValue(profile: Profile, homes: TraitHomes, definition: FactorDefinition): string | null {
  if (definition.attribute !== null) return readAttribute(profile, homes, definition.attribute);
  return profile.factors[definition.name]?.value ?? null;
}

/**
 * The id of a factor's normalised value: equal for equal values of one factor name in one pool, also after the
 * identity is deleted and made again, never shared between pools. It is the keyed digest itself, dated with its
 * pool, so there is nothing to look up, to race for or to purge (docs/decisions/0003). Nothing else depends on it.
 */
export function nidOf(vault: PoolVault, poolId: Uuid, name: string, normalised: string): Uuid {
  return digestId(vault, poolId, `nid:${name}`, normalised);
}

function digestId(vault: PoolVault, datedBy: Uuid, space: string, value: string): Uuid {
  return uuidOfDigest(datedBy, vault.digest(space, value));
}

/** Factors with a visible value, in ruleset order. */
export function viewFactors(
  vault: PoolVault,
  config: PoolConfig,
  identity: { id: Uuid; schemaId: string; profile: Profile },
): FactorView[] {
  const homes = homesOf(config, identity.schemaId);
  const views: FactorView[] = [];
  for (const definition of config.factors) {
    const { name, type, identifier, persistent } = definition;
    const value = factorValue(identity.profile, homes, definition);
    const normalised = value === null ? null : normaliseFactor(type, value);
    if (value === null || normalised === null) continue;
    views.push({
      name,
      type,
      value,
      identifier,
      persistent,
      nid: nidOf(vault, config.poolId, name, normalised),
      // An attribute that was there before its factor was defined has no stored id yet.
      vid: identity.profile.factors[name]?.vid ?? digestId(vault, identity.id, `vid:${name}`, value),
    });
  }
  return views;
}

/** The identity's title: its first identifying factor that shows a value; null when there is none. */
export function titleOf(factors: readonly FactorView[]): string | null {
  return factors.find((factor) => factor.identifier && factor.value !== null)?.value ?? null;
}

/** Claims that providers filled, then those that factors feed. */
export function claimsOf(
  config: PoolConfig,
  profile: Profile,
  factors: readonly FactorView[],
): Record<string, string> {
  const claims: Record<string, string> = { ...profile.claims };
  for (const { name, claim } of config.factors) {
    const value = claim === null ? null : factors.find((factor) => factor.name === name)?.value;
    if (claim !== null && typeof value === 'string') claims[claim] = value;
  }
  return claims;
}

/**
 * Replaces the e-mail and username factors by those given; names left out are removed, linked attributes with
 * them. Credentials that the server keeps (password, TOTP, provider subjects) stay.
 */
export function replaceFactors(
  config: PoolConfig,
  schemaId: string,
  profile: Profile,
  inputs: readonly FactorInput[],
  newVid: () => string,
): Profile {
  const homes = homesOf(config, schemaId);
  const factors: Record<string, StoredFactor> = { ...profile.factors };
  let next = profile;
  for (const definition of config.factors) {
    const { name, type, attribute } = definition;
    if (!INPUT_TYPES.includes(type)) continue;
    const value = inputs.find((input) => input.name === name)?.value ?? null;
    // The same value again changes nothing, not even its id.
    if (value === factorValue(profile, homes, definition)) continue;
    if (attribute !== null) next = writeAttribute(next, homes, attribute, value);
    if (value === null) delete factors[name];
    else factors[name] = attribute === null ? { type, value, vid: newVid() } : { type, vid: newVid() };
  }
  return { ...next, factors };
}

/** What an identity's factors amount to outside its sealed box. */
export interface FactorIndexes {
  readonly identifiers: readonly Identifier[];
  /** Names of factors that have a value. */
  readonly present: ReadonlySet<string>;
}

/**
 * Identifiers (R3) and present factors of a profile. Linked factors claim the attribute's own space, so
 * that every surface competes for the same e-mail; the others claim a space of their name.
 */
export function deriveIndexes(config: PoolConfig, schemaId: string, profile: Profile): FactorIndexes {
  const homes = homesOf(config, schemaId);
  const identifiers: Identifier[] = [];
  const present = new Set<string>();
  for (const definition of config.factors) {
    const value = factorValue(profile, homes, definition);
    const normalised = value === null ? null : normaliseFactor(definition.type, value);
    if (normalised === null) continue;
    present.add(definition.name);
    if (definition.identifier) identifiers.push({ space: identifierSpace(definition), value: normalised });
  }
  return { identifiers, present };
}

export function identifierSpace(definition: FactorDefinition): string {
  return definition.attribute ?? `factor:${definition.name}`;
}
