import { NO_CREDENTIALS } from '../../credentials/credentials.ts';
import { InvalidInput } from '../../errors.ts';
import { draftOf } from '../../iam/create-identity.ts';
import { InvalidTraits } from '../../iam/errors.ts';
import type { PreparedImports } from '../../iam/import-credentials.ts';
import type { NewIamIdentity } from '../../iam/input.ts';
import { claimsOfRecord } from '../../identities/claims.ts';
import type { Draft } from '../../identities/create-record.ts';
import { derivedOf } from '../../identities/login-identifiers.ts';
import type { IdentifierClaim } from '../../identities/ports.ts';
import type { PoolConfig } from '../../pools/ports.ts';
import type { PoolVault } from '../../ports.ts';
import type { Derived, Violation } from '../../traits/ports.ts';
import type { FlowDeps } from '../visit.ts';

/** Somebody who is to be. */
export interface NewPerson {
  readonly draft: Draft & { readonly schemaId: string };
  readonly derived: Derived;
}

/**
 * Makes a person of traits, under the pool's default schema.
 * @returns What the schema has to say where they break it.
 */
export function draftPerson(
  deps: Pick<FlowDeps, 'clock' | 'ids' | 'phones'>,
  config: PoolConfig,
  { traits, imports = {} }: { traits: unknown; imports?: PreparedImports },
): NewPerson | { readonly violations: readonly Violation[] } {
  const schemaId = config.defaultSchemaId;
  try {
    const draft = draftOf(deps, { config, schemaId }, { ...NOBODY, traits }, imports);
    const derived = derivedOf(config, { schemaId, traits: draft.profile.traits });
    return { draft, derived };
  } catch (error) {
    if (error instanceof InvalidTraits) return { violations: error.violations };
    if (error instanceof InvalidInput) return { violations: error.problems.map(violationOf) };
    throw error;
  }
}

const NOBODY: Omit<NewIamIdentity, 'traits'> = {
  ...{ schemaId: null, state: 'active', organizationId: null, externalId: null },
  ...{ metadataPublic: null, metadataAdmin: null, credentials: {}, verifiableAddresses: [] },
};

/** What is refused beside the schema. */
export function violationOf({ path, message }: InvalidInput['problems'][number]): Violation {
  return {
    ...{ instancePath: path, schemaPath: '#', keyword: 'limits', params: {} },
    ...{ messageId: 4000001, text: message },
  };
}

/** What would find the person: nobody else of the pool may have any of it (R3). */
export function claimsOf(vault: PoolVault, config: PoolConfig, { draft }: NewPerson): IdentifierClaim[] {
  const { schemaId, profile, standing, credentials = NO_CREDENTIALS } = draft;
  return claimsOfRecord(vault, config, { schemaId, profile, standing, credentials }).claims;
}
