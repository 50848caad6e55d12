import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { readAttribute } from '../identities/attributes.ts';
import { homesOf } from '../identities/factors.ts';
import { type OpenedIdentity, openIdentity, vaultFor } from '../identities/view.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { RequestContext } from '../ports.ts';
import { allDataOf, type ExtractedData } from './extracted-data.ts';
import { findRecord } from './find-record.ts';
import type { Metadata } from './relationship-metadata.ts';
import type { StoredRelationship } from './relationship-ports.ts';
import { metadataOf } from './relationships.ts';
import { type OpenedVerification, openVerification } from './verification-content.ts';

const BATCH = 100;
/** More than an identity can have. */
const RELATIONSHIPS_MAX = 100_000;

/** Everything that is held of an identity, opened. Personal data: goes into the one reply, nowhere else. */
export interface ExportedIdentity {
  readonly config: PoolConfig;
  readonly opened: OpenedIdentity;
  /** Whatever the pool's whitelist and retention say, with the two that the identity object never shows. */
  readonly data: ExtractedData & { email?: string; phone?: string };
  readonly verifications: readonly OpenedVerification[];
  /** Those that are stored; what equal attributes link is somebody else's as much, and listed elsewhere. */
  readonly relationships: readonly (StoredRelationship & { readonly metadata: Metadata })[];
}

type Needs = Pick<
  Deps,
  'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'verifications' | 'audit' | 'relationships'
>;

/**
 * Everything of one identity. That it was taken is recorded before it is given: who, of whom, from where. Nothing of
 * the identity changes, so there is no event. Of a redacted one what is left is given, which is no personal data.
 *
 * @throws NotFound @throws SealBroken Something does not open: nothing is given, and nothing recorded.
 * @see Contract verification 3.5.
 */
export async function exportIdentity(
  deps: Needs,
  context: RequestContext,
  reference: string,
): Promise<ExportedIdentity> {
  const { principal } = context;
  const stored = await findRecord(deps, principal, reference);
  const { poolId, id: identityId } = stored;
  const config = await deps.configs.at(poolId, stored.configVersion);
  const vault = await vaultFor(deps, stored);
  const opened = openIdentity(vault, stored);
  const [sessions, linked] = await Promise.all([
    all((window) => deps.verifications.listOfIdentity(poolId, identityId, window)),
    deps.relationships.listRelationships(poolId, identityId, RELATIONSHIPS_MAX),
  ]);
  const verifications = await Promise.all(sessions.map((session) => openVerification(deps, session)));
  const metadata = await metadataOf(deps, stored, linked);
  const data = dataOf(config, opened);
  const stamp = stampOf(deps, context, poolId, vault);
  await deps.audit.recordEntry(stamp, { action: 'identity.exported', subjectId: identityId, fields: [] });
  const relationships = linked.map((one) => ({ ...one, metadata: metadata.get(one.id) ?? {} }));
  return { config, opened, data, verifications, relationships };
}

function dataOf(config: PoolConfig, opened: OpenedIdentity): ExportedIdentity['data'] {
  const { stored, profile } = opened;
  if (profile === null) return {};
  const homes = homesOf(config, stored.schemaId);
  const [email, phone] = [
    readAttribute(profile, homes, 'email'),
    readAttribute(profile, homes, 'phone_number'),
  ];
  return {
    ...allDataOf(config, opened),
    ...(email === null ? {} : { email }),
    ...(phone === null ? {} : { phone }),
  };
}

async function all<Row>(list: (window: { offset: number; limit: number }) => Promise<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const page = await list({ offset: rows.length, limit: BATCH });
    rows.push(...page);
    if (page.length < BATCH) return rows;
  }
}
