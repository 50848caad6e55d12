import { normaliseEmail } from '../../kit/normalise.ts';
import { type Credentials, credentialIdentifiers, USER_HANDLE } from '../credentials/credentials.ts';
import type { PoolConfig } from '../pools/ports.ts';
import { identifierSpaceOf } from '../traits/normalise-identifier.ts';
import type { Derived, Traits } from '../traits/ports.ts';
import { readAttribute } from './attributes.ts';
import { homesOf } from './factors.ts';
import type { Identifier } from './ports.ts';
import type { Profile } from './profile.ts';

export const NOTHING_DERIVED: Derived = {
  identifiers: [],
  verifiable: [],
  recovery: [],
  totpAccountName: null,
  passkeyDisplayName: null,
  organizationDomains: [],
};

/** What traits amount to under their schema; nothing where the pool has that schema no more. */
export function derivedOf(
  config: PoolConfig,
  { schemaId, traits }: { schemaId: string; traits: Traits },
): Derived {
  return config.schemas.get(schemaId)?.compiled().derive(traits) ?? NOTHING_DERIVED;
}

/**
 * What somebody logs in or is reached by, as traits say, each once. Addresses are identifiers too: no two identities of a
 * pool share one (contract iam 2).
 */
export function traitIdentifiers(derived: Derived): Identifier[] {
  const values = [...derived.identifiers, ...derived.verifiable, ...derived.recovery];
  return [...new Set(values.map(({ value }) => value))].map((value) => ({
    space: identifierSpaceOf(value),
    value,
  }));
}

/** Spaces that `identifierSpaceOf` tells apart, beside that of e-mail addresses; of trigrams, all but those together. */
export const IDENTIFIER = 'identifier';
export const PHONE = 'phone';

/**
 * Texts that are found by how they begin, but the e-mail address, which has trigrams of its own: sorted. An account
 * elsewhere is `provider:subject`.
 */
export function searchableIdentifiers(
  config: PoolConfig,
  record: { schemaId: string; profile: Profile; credentials: Credentials },
): string[] {
  const { schemaId, profile, credentials } = record;
  const email = readAttribute(profile, homesOf(config, schemaId), 'email');
  const own = email === null ? null : normaliseEmail(email);
  const { identifiers } = derivedOf(config, { schemaId, traits: profile.traits });
  const texts = [
    ...identifiers.map(({ value }) => value),
    ...credentialIdentifiers(credentials)
      .filter(({ space }) => space !== USER_HANDLE)
      .map(({ value }) => value),
  ];
  return [...new Set(texts)].filter((text) => text !== own).sort();
}
