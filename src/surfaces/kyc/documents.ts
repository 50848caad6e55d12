import Type from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { NotFound } from '../../core/errors.ts';
import { findKycRecord } from '../../core/kyc/find-identity.ts';
import { STORAGE_PATH } from '../../core/kyc/storage-place.ts';
import { createUpload, receiveUpload } from '../../core/kyc/uploads.ts';
import { createViewLink, serveView } from '../../core/kyc/view-document.ts';
import type { IdentityId, PoolId } from '../../core/ports.ts';
import { parse } from '../../http/parse.ts';
import {
  defineRoute,
  type GuardedRequest,
  keyGuard,
  type OpenRequest,
  openGuard,
  type Route,
  replyWithBytes,
} from '../../http/route.ts';
import { isUuid } from '../../kit/ids.ts';
import * as wire from './wire-documents.ts';

/** Ten mebibytes of file, and the form around it. */
const UPLOAD_BODY_BYTES_MAX = 10 * 1024 * 1024 + 128 * 1024;
const OBJECT = `${STORAGE_PATH}/:app_id/:folder1/:folder2/:folder3/:folder4/:name`;

/** Routes of uploads, documents and their storage (contract kyc 3.6, 3.7). The surface owns `/storage/` with them. */
export function documentRoutes(deps: Deps): Route[] {
  const d = documentHandlers(deps);
  const upload = openGuard('The form that is sent along was made for an API key, and is signed.');
  const view = openGuard('The link was made for an API key, is signed, and expires.');
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'POST', path: '/presign-url', operation: 'createUpload', summary: 'Ask for an upload form', guard: keyGuard('identities:write'), reads: 'json', body: wire.UploadInput, reply: wire.UploadForm, errors: ['validation_failed'], handler: d.createUpload }),
    defineRoute({ method: 'GET', path: '/identities/:identity_id/documents/:id/presign-url', operation: 'createViewLink', summary: 'Ask for a link to a document', guard: keyGuard('identities:read'), reads: 'none', params: wire.DocumentPath, reply: wire.ViewLink, errors: ['validation_failed', 'identity_not_found', 'document_not_found'], handler: d.createViewLink }),
    defineRoute({ method: 'POST', path: `${STORAGE_PATH}/:app_id/`, operation: 'uploadFile', summary: 'Upload a file with a form', guard: upload, reads: 'stream', bodyType: 'multipart/form-data', bodyBytesMax: UPLOAD_BODY_BYTES_MAX, body: wire.UploadBody, reply: Type.Null(), status: 204, handler: d.uploadFile }),
    defineRoute({ method: 'GET', path: OBJECT, operation: 'viewFile', summary: 'Open a file by its link', guard: view, reads: 'none', reply: Type.Null(), answers: 'bytes', handler: d.viewFile }),
  ];
}

function documentHandlers(deps: Deps) {
  return {
    async createUpload({ context, body, query }: GuardedRequest) {
      parse(wire.NoQuery, query);
      return { data: await createUpload(deps, context, parse(wire.UploadInput, body)) };
    },

    async createViewLink({ context, params, query }: GuardedRequest) {
      const { identity_id, id } = parse(wire.DocumentPath, params);
      parse(wire.NoQuery, query);
      const identityId = identity_id.toLowerCase() as IdentityId;
      await findKycRecord(deps, context.principal, identityId);
      return { data: { url: await createViewLink(deps, context, { identityId, id: id.toLowerCase() }) } };
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

/** @throws NotFound */
function poolOf({ app_id = '' }: OpenRequest['params']): PoolId {
  if (!isUuid(app_id)) throw new NotFound();
  return app_id as PoolId & typeof app_id;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
