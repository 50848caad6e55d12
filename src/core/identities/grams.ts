import { foldCase } from '../../kit/normalise.ts';
import type { PoolVault } from '../ports.ts';
import { readAttribute } from './attributes.ts';
import { EMAIL, EXTERNAL_REF } from './claims.ts';
import type { Next } from './derive-change.ts';
import { homesOf } from './factors.ts';
import { IDENTIFIER, searchableIdentifiers } from './login-identifiers.ts';
import type { GramChange } from './ports.ts';
import type { Changing } from './revision.ts';
import { credentialsOf, isOpenStatus } from './view.ts';

/** Occurs in no normal form. */
const SEPARATOR = '\u001f';

/** What finds a record by a part of a text, as far as a change touches it. */
export function gramChanges(changing: Changing, next: Next): GramChange[] {
  const { vault, config, stored, profile: before } = changing;
  const { profile: after, standing, status } = next;
  const closes = !isOpenStatus(status);
  const changes: GramChange[] = [];
  if (stored.standing.externalRef !== standing.externalRef) {
    changes.push(referenceGrams(vault, standing.externalRef));
  }
  const old = readAttribute(before, homesOf(config, stored.schemaId), 'email');
  const email = readAttribute(after, homesOf(config, next.schemaId), 'email');
  if (closes && old !== null) changes.push({ space: EMAIL, grams: null });
  else if (!closes && email !== old) changes.push(emailGrams(vault, email));
  return [...changes, ...identifierChange(changing, next)];
}

function identifierChange(
  changing: Changing,
  { schemaId, profile: after, status, credentials }: Next,
): GramChange[] {
  const { vault, config, stored, profile: before } = changing;
  const closes = !isOpenStatus(status);
  const sameTraits = after.traits === before.traits && schemaId === stored.schemaId;
  if (!closes && sameTraits && credentials === undefined) return [];
  const opened = credentialsOf(changing);
  const old = searchableIdentifiers(config, {
    ...{ schemaId: stored.schemaId, profile: before, credentials: opened },
  });
  const now = closes
    ? []
    : searchableIdentifiers(config, { schemaId, profile: after, credentials: credentials ?? opened });
  return old.join(SEPARATOR) === now.join(SEPARATOR) ? [] : [identifierGrams(vault, now)];
}

/** What finds a reference by a part of it. */
export function referenceGrams(vault: PoolVault, reference: string | undefined): GramChange {
  const grams = reference === undefined ? null : vault.trigrams(EXTERNAL_REF, foldCase(reference), 'stored');
  return { space: EXTERNAL_REF, grams };
}

/** What finds other identifiers by how they begin. */
export function identifierGrams(vault: PoolVault, texts: readonly string[]): GramChange {
  if (texts.length === 0) return { space: IDENTIFIER, grams: null };
  const grams = new Set(texts.flatMap((text) => [...vault.trigrams(IDENTIFIER, foldCase(text), 'stored')]));
  return { space: IDENTIFIER, grams: BigInt64Array.from(grams).sort() };
}

/** What finds an e-mail address by a part of it, as it is written and in any case. */
export function emailGrams(vault: PoolVault, email: string | null): GramChange {
  return { space: EMAIL, grams: email === null ? null : vault.trigrams(EMAIL, foldCase(email), 'stored') };
}
