import type { Static } from 'typebox';
import { CREDENTIAL_TYPES, type CredentialType } from '../../core/credentials/credentials.ts';
import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import { PatchRefused } from '../../core/iam/errors.ts';
import { type PatchOperation, pathKeys } from '../../core/iam/json-patch.ts';
import type { CredentialPatches } from '../../core/iam/patch-credentials.ts';
import type { PatchedIdentity } from '../../core/iam/patch-identity.ts';
import type { JsonObject } from '../../core/traits/pointer.ts';
import { parse } from '../../http/parse.ts';
import { isSameJson } from '../../kit/same-json.ts';
import { importsOf, stateOf } from './read-identity.ts';
import * as wire from './wire.ts';
import { PatchBody, PatchedDocument } from './wire-patch.ts';

type Document = Static<typeof PatchedDocument>;

/** What no operation may name, whatever the case of its letters; of the last two nothing below either. */
const DENIED = ['/id', '/statechangedat', '/credentials'];
const DENIED_BELOW = ['/credentials/oidc', '/credentials/saml'];

/** A body of PATCH. @throws InvalidInput @throws PatchRefused */
export function readOperations(body: unknown): PatchOperation[] {
  return parse(PatchBody, body).map((sent, index) => {
    const { op, path } = sent;
    const keys = pathKeys(path);
    refuseDenied(keys);
    if (op === 'remove') return { op, path };
    if (op !== 'add' && op !== 'replace')
      throw new PatchRefused(
        `operation ${index}: unsupported operation, must be one of add, remove, replace`,
      );
    if (!Object.hasOwn(sent, 'value')) throw new PatchRefused(`operation ${index}: needs a value`);
    return { op, path, value: sent.value };
  });
}

/** Names as much of the path as is denied, and nothing that a caller may have put below it. */
function refuseDenied(keys: readonly string[]): void {
  const at = (length: number) => `/${keys.slice(0, length).join('/')}`;
  const isDenied =
    DENIED.includes(at(keys.length).toLowerCase()) || DENIED_BELOW.includes(at(2).toLowerCase());
  if (isDenied) throw new PatchRefused(`patch includes denied path: ${at(2)}`);
}

/** What a patched identity says. @throws InvalidInput */
export function readPatched(patched: JsonObject, spelled: JsonObject, now: Date): PatchedIdentity {
  const document = parse(PatchedDocument, patched);
  const { state_changed_at: changedAt = null } = document;
  return {
    schemaId: document.schema_id === '' ? null : (document.schema_id ?? null),
    traits: document.traits,
    state: requiredState(document.state),
    stateChangedAt:
      changedAt === null || changedAt === spelled.state_changed_at ? null : new Date(changedAt).toISOString(),
    metadataPublic: document.metadata_public,
    metadataAdmin: document.metadata_admin,
    externalId: document.external_id ?? null,
    organizationId: document.organization_id ?? null,
    verifiableAddresses: addressesOf(document),
    credentials: credentialPatches(document, spelled, now),
  };
}

function requiredState(state: unknown) {
  // What is no state at all is told like what is an unknown one.
  return stateOf(typeof state === 'string' && state !== '' ? state : 'none') ?? 'active';
}

function addressesOf({ verifiable_addresses: addresses = [] }: Document) {
  return addresses.map(({ value, via = 'email', verified = false, status, verified_at: verifiedAt }) => ({
    ...{ value, via, verified },
    ...(status === undefined ? {} : { status }),
    ...(typeof verifiedAt === 'string' ? { verifiedAt: new Date(verifiedAt) } : {}),
  }));
}

type Entries = NonNullable<Document['credentials']>;
const DERIVED: CredentialType = 'code';

function credentialPatches(
  { credentials: after = {} }: Document,
  spelled: JsonObject,
  now: Date,
): CredentialPatches {
  const before = parse(PatchedDocument, spelled).credentials ?? {};
  const problems = entryProblems(after);
  if (problems.length > 0) throw new InvalidInput(problems);
  const removed = CREDENTIAL_TYPES.filter((type) => before[type] !== undefined && after[type] === undefined);
  const changed = CREDENTIAL_TYPES.filter(
    (type) => after[type] !== undefined && !isSameJson(after[type].config, before[type]?.config),
  );
  const clear = changed.filter((type) => Object.hasOwn(after[type]?.config ?? {}, CLEAR));
  if (clear.length > 0) throw new InvalidInput(clear.map(clearProblem));
  const imports = Object.fromEntries(
    changed.map((type) => [type, { config: importConfig(type, after[type]?.config) }]),
  );
  return { removed, replaced: importsOf(parse(wire.CredentialImports, imports), now) };
}

function entryProblems(entries: Entries): FieldProblem[] {
  return Object.entries(entries).flatMap(([name, { type }]): FieldProblem[] => {
    const isKnown = name === DERIVED || CREDENTIAL_TYPES.some((one) => one === name);
    if (!isKnown)
      return [
        { path: ['credentials', name], code: 'unknown', message: 'there is no such type of credential' },
      ];
    if (type === name) return [];
    return [
      { path: ['credentials', name, 'type'], code: 'invalid', message: 'must be the name of its entry' },
    ];
  });
}

/** What a password's import may say, and a patch may not: a patch writes what is kept. */
const CLEAR = 'password';

function clearProblem(type: CredentialType): FieldProblem {
  return { path: ['credentials', type, 'config', CLEAR], code: 'unknown', message: 'is not kept' };
}

/** Contents are read back as they are shown; recovery codes are called otherwise when they come in. */
function importConfig(type: CredentialType, config: Readonly<Record<string, unknown>> = {}) {
  if (type !== 'lookup_secret') return config;
  const { recovery_codes: codes, ...rest } = config;
  return { ...rest, codes };
}
