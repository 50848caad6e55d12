import type { FileLink, KycSubmission, StoredFile } from '../../core/kyc/provider.ts';

/**
 * A case as it is sent. Personal data. Files are not in it: their digests are, and links that show them for 15 minutes.
 */
export async function caseMessage(
  { verificationId, revision, subject, documents, faceImages }: KycSubmission,
  callbackUrl: string,
): Promise<string> {
  return JSON.stringify({
    ...{ type: 'case.submitted', verificationId, revision, callbackUrl, subject },
    documents: await inTurn(documents, async (document) => {
      const { id, type, side } = document;
      return { id, type, side, ...(await fileMessage(document)) };
    }),
    faceImages: await inTurn(faceImages, fileMessage),
  });
}

/** A case that nobody needs to decide any more. */
export function cancelMessage(externalRef: string): string {
  return JSON.stringify({ type: 'case.cancelled', externalRef });
}

async function fileMessage(file: StoredFile) {
  const { url, expiresAt, contentType, sizeBytes, sha256 }: FileLink = await file.link();
  return { url, expiresAt: expiresAt.toISOString(), contentType, sizeBytes, sha256 };
}

/** Each link is an entry in the audit log: not all of them at once. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
