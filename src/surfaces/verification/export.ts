import type { Static } from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { type ExportedIdentity, exportIdentity } from '../../core/verification/export-identity.ts';
import { shapeData } from '../../core/verification/extracted-data.ts';
import type { OpenedVerification } from '../../core/verification/verification-content.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { toTagged } from '../../kit/ids.ts';
import { inVersion } from './requests.ts';
import { showSummary } from './show.ts';
import { showResult, showSession } from './show-session.ts';
import type * as wire from './wire-events.ts';

type Shown = Static<typeof wire.IdentityExport>;

/** Handler of the export (contract verification 3.5). */
export function exportHandler(deps: Deps) {
  return async (request: GuardedRequest) => {
    const exported = await exportIdentity(deps, request.context, request.params.identity_id ?? '');
    return inVersion(request, 'exportIdentity', await showExport(deps, exported));
  };
}

async function showExport(deps: Deps, exported: ExportedIdentity): Promise<Shown> {
  const { config, opened, data, verifications, relationships } = exported;
  const isSandbox = config.environment === 'sandbox';
  const sessions = verifications.map(async (verification) => ({
    ...showSession(verification, isSandbox),
    result: await wholeResult(deps, verification),
  }));
  return {
    ...showSummary(config, opened),
    extracted_data: data,
    sessions: await Promise.all(sessions),
    // Accounts at sign-in providers, of which this version keeps none.
    identity_links: [],
    identity_relationships: relationships.map(({ id, relatedId, type, metadata, createdAt }) => ({
      id: toTagged(id, 'rel'),
      related_identity_id: toTagged(relatedId, 'idn'),
      relationship_type: type,
      metadata,
      created_at: createdAt.toISOString(),
    })),
    // Faces are compared and not kept.
    face_embeddings_count: 0,
  };
}

/** With all that was found, whatever the whitelist and its retention keep back elsewhere. */
async function wholeResult(
  deps: Deps,
  verification: OpenedVerification,
): Promise<Shown['sessions'][number]['result']> {
  const shown = await showResult(deps, verification);
  const found = verification.content?.result;
  if (shown === null || found === undefined) return shown;
  return { ...shown, extracted_data: shapeData((name) => found.extracted[name] ?? null, found.document) };
}
