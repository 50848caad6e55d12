import type { Deps } from '../../core/deps.ts';
import { InvalidInput } from '../../core/errors.ts';
import { StorageNotFound } from '../../core/kyc/document-errors.ts';
import { findKycRecord } from '../../core/kyc/find-identity.ts';
import { createUpload, receiveUpload } from '../../core/kyc/uploads.ts';
import { createViewLink, serveView } from '../../core/kyc/view-document.ts';
import type { PoolId } from '../../core/ports.ts';
import { type GuardedRequest, type OpenRequest, replyWithBytes } from '../../http/route.ts';
import { isUuid } from '../../kit/ids.ts';
import { BodyReader } from './body-reader.ts';
import { documentOf, requireNoQuery } from './requests.ts';

/** Handlers of uploads, of documents, and of the storage that both lead to (contract kyc 3.6, 3.7). */
export function documentHandlers(deps: Deps) {
  return {
    async createUpload(request: GuardedRequest) {
      requireNoQuery(request);
      return { data: await createUpload(deps, request.context, { filename: readFilename(request.body) }) };
    },

    async createViewLink(request: GuardedRequest) {
      const { context, principal } = request;
      const place = documentOf(request);
      await findKycRecord(deps, principal, place.identityId);
      return { data: { url: await createViewLink(deps, context, place) } };
    },

    async uploadFile({ params, headers, stream = nothing() }: OpenRequest) {
      const contentType = headers['content-type'];
      await receiveUpload(deps, {
        poolId: poolOf(params),
        contentType: typeof contentType === 'string' ? contentType : '',
        body: stream,
      });
      return null;
    },

    async viewFile({ params, headers, line }: OpenRequest) {
      const { folder1, folder2, folder3, folder4, name } = params;
      const { range } = headers;
      const { bytes, ...reply } = await serveView(deps, {
        ...line,
        poolId: poolOf(params),
        objectName: [folder1, folder2, folder3, folder4, name].join('/'),
        range: typeof range === 'string' ? range : undefined,
      });
      return replyWithBytes(bytes, reply);
    },
  };
}

/** @throws InvalidInput */
function readFilename(body: unknown): string {
  const reader = new BodyReader(body as Record<string, unknown>, ['filename']);
  reader.require('filename');
  const filename = reader.text('filename');
  if (typeof filename !== 'string' || reader.problems.length > 0) throw new InvalidInput(reader.problems);
  return filename;
}

/** @throws StorageNotFound */
function poolOf({ appId = '' }: OpenRequest['params']): PoolId {
  if (!isUuid(appId)) throw new StorageNotFound();
  return appId as PoolId & typeof appId;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
