import { extensionOf } from '../blobs/blob-key.ts';
import type { Deps } from '../deps.ts';
import type { OpenedIdentity } from '../identities/view.ts';
import { vaultFor } from '../identities/view.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { StoredCase } from './case-ports.ts';
import { openDetails } from './document-content.ts';
import type { StoredDocument } from './document-ports.ts';
import { findOwners } from './find-identity.ts';
import type { CompanyFacts, KycDocument, KycSubmission, PersonFacts, StoredFile } from './provider.ts';
import { viewRecord } from './record-view.ts';
import { createProviderLink, readDocumentFile } from './view-document.ts';

type FileNeeds = Pick<Deps, 'clock' | 'ids' | 'vault' | 'blobs' | 'storage' | 'audit'>;
type Needs = FileNeeds & Pick<Deps, 'documents' | 'identities' | 'cases'>;

/**
 * What a provider is told of a case. Personal data: for that provider alone. Files are opened when they are read.
 *
 * @returns Null when the record lacks what every provider needs (R11).
 */
export async function buildSubmission(
  deps: Needs,
  config: PoolConfig,
  opened: OpenedIdentity,
  { provider, verificationId, revision }: StoredCase,
): Promise<KycSubmission | null> {
  const { poolId, id } = opened.stored;
  const subject = await subjectOf(deps, config, opened, provider);
  if (subject === null) return null;
  const files = await deps.documents.listDocuments(poolId, id);
  const documents: KycDocument[] = [];
  for (const stored of files) {
    const { details } = openDetails(await vaultFor(deps, stored), stored);
    const { type, side } = details;
    if (type !== null && side !== null)
      documents.push({ ...fileOf(deps, stored), id: stored.id, type, side });
  }
  const faceImages = files.filter(({ kind }) => kind === 'face').map((stored) => fileOf(deps, stored));
  return { verificationId, revision, subject, documents, faceImages };
}

async function subjectOf(
  deps: Needs,
  config: PoolConfig,
  opened: OpenedIdentity,
  provider: string,
): Promise<PersonFacts | CompanyFacts | null> {
  const { type, name, birthday, gender, read } = viewRecord(config, opened);
  const country = read('address.country');
  const taxCountry = read('tax.country');
  const idNumber = read('tax.id_number');
  if (name === null || country === null || taxCountry === null || idNumber === null) return null;
  const facts = {
    name,
    address: { country, state: read('address.region') },
    tax: { country: taxCountry, idNumber, state: read('tax.region') },
  };
  if (type === 'company')
    return { ...facts, type, birthday, gender, ownerState: await ownerStateOf(deps, opened, provider) };
  if (birthday === null || gender === null) return null;
  return { ...facts, type, birthday, gender };
}

async function ownerStateOf(
  deps: Needs,
  { stored }: OpenedIdentity,
  provider: string,
): Promise<CompanyFacts['ownerState']> {
  const [owner] = await findOwners(deps, stored.poolId, [stored]);
  if (owner === undefined) return null;
  return (await deps.cases.findCase(stored.poolId, owner, provider))?.state ?? null;
}

function fileOf(deps: FileNeeds, stored: StoredDocument): StoredFile {
  return {
    extension: `.${extensionOf(stored.objectName)}`,
    read: () => readDocumentFile(deps, stored),
    link: () => createProviderLink(deps, stored),
  };
}
