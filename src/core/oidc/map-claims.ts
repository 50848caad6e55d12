import type { DerivedAddress } from '../traits/ports.ts';
import type { ClaimRule } from './config.ts';

type Json = { readonly [name: string]: unknown };

/** What an identity takes over of an account elsewhere. */
export interface MappedClaims {
  readonly traits: Json;
  /** Traits whose text is an address that the provider has seen to be the person's. */
  readonly verifiedTraits: readonly string[];
}

/**
 * Traits by a provider's rules.
 * @param fields Names of the traits that the schema has, like `traits.name.first`: for others there is no place.
 */
export function mapClaims(
  rules: readonly ClaimRule[],
  claims: Json,
  fields: readonly { readonly name: string }[],
): MappedClaims {
  const known = new Set(fields.map(({ name }) => name));
  const found = rules.filter(({ claim, trait }) => {
    const value = claimAt(claims, claim);
    return known.has(`traits.${trait}`) && value !== undefined && value !== null && value !== '';
  });
  return {
    traits: found.reduce<Json>(
      (traits, { claim, trait }) => withValue(traits, trait.split('.'), claimAt(claims, claim)),
      {},
    ),
    verifiedTraits: found
      .filter(({ verifiedBy }) => verifiedBy !== undefined && isTrue(claimAt(claims, verifiedBy)))
      .map(({ trait }) => trait),
  };
}

/** Of an identity's addresses those that a provider has seen to be the person's, as it spells them. */
export function verifiedAddresses(
  { traits, verifiedTraits }: MappedClaims,
  addresses: readonly DerivedAddress[],
  normalise: (via: DerivedAddress['via'], text: string) => string | null,
): DerivedAddress[] {
  const texts = verifiedTraits.flatMap((trait) => {
    const value = trait.split('.').reduce<unknown>(memberOf, traits);
    return typeof value === 'string' ? [value] : [];
  });
  return addresses.filter(({ via, value }) => texts.some((text) => normalise(via, text) === value));
}

/** Some providers write it as a text. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

/** A claim's name may hold dots itself, as names that are URLs do. */
function claimAt(claims: Json, name: string): unknown {
  const whole = memberOf(claims, name);
  return whole === undefined ? name.split('.').reduce<unknown>(memberOf, claims) : whole;
}

function memberOf(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, name) ? (value as Json)[name] : undefined;
}

function withValue(traits: Json, [step = '', ...rest]: readonly string[], value: unknown): Json {
  if (rest.length === 0) return { ...traits, [step]: value };
  const inner = memberOf(traits, step);
  const below = typeof inner === 'object' && inner !== null ? (inner as Json) : {};
  return { ...traits, [step]: withValue(below, rest, value) };
}
