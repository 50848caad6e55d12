import Type from 'typebox';
import { STORAGE_PATH } from '../../core/kyc/storage-place.ts';
import { defineRoute, keyGuard, openGuard, type Route } from '../../http/route.ts';
import type { documentHandlers } from './documents.ts';
import type { identityHandlers } from './identities.ts';
import * as wire from './wire.ts';
import * as files from './wire-documents.ts';

const BASE = '/identities';
const ONE = `${BASE}/:id`;
const reading = { guard: keyGuard('identities:read'), reads: 'none' } as const;
const writing = { guard: keyGuard('identities:write'), reads: 'json', reply: wire.OneIdentity } as const;
const owned = ['identity_owner_not_found', 'identity_owner_must_be_of_type_person'] as const;
const written = ['validation_failed', 'email_already_in_use', 'unsupported_media_type', ...owned] as const;
const lookUp = ['validation_failed', 'identity_not_found'] as const;

/** Routes of identities (contract kyc 3.1 to 3.5). */
export function identityRoutes(i: ReturnType<typeof identityHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'POST', path: BASE, operation: 'createIdentity', summary: 'Create a person or company', ...writing, body: wire.CreateInput, errors: [...written, 'identity_limit_reached'], handler: i.createIdentity }),
    defineRoute({ method: 'GET', path: BASE, operation: 'listIdentities', summary: 'List identities', ...reading, query: wire.ListQuery, reply: wire.IdentityList, errors: ['validation_failed'], handler: i.listIdentities }),
    defineRoute({ method: 'GET', path: ONE, operation: 'getIdentity', summary: 'Fetch an identity', ...reading, params: wire.Params, reply: wire.OneIdentity, errors: lookUp, handler: i.getIdentity }),
    defineRoute({ method: 'PATCH', path: ONE, operation: 'updateIdentity', summary: 'Update an identity', ...writing, params: wire.Params, body: wire.UpdateInput, errors: [...written, 'identity_not_found', 'identity_already_confirmed', 'conflict'], handler: i.updateIdentity }),
    defineRoute({ method: 'DELETE', path: ONE, operation: 'deleteIdentity', summary: 'Delete an identity', guard: keyGuard('identities:write'), reads: 'none', params: wire.Params, status: 204, reply: wire.Nothing, errors: [...lookUp, 'conflict'], handler: i.deleteIdentity }),
  ];
}

const upload = openGuard('The form that is sent along was made for an API key, and is signed.');
const view = openGuard('The link was made for an API key, is signed, and expires.');
/** Ten mebibytes of file, and the form around it. */
const UPLOAD_BODY_BYTES_MAX = 10 * 1024 * 1024 + 128 * 1024;
const STORAGE = `${STORAGE_PATH}/:appId/`;
const OBJECT = `${STORAGE}:folder1/:folder2/:folder3/:folder4/:name`;
const uploading = {
  guard: upload,
  reads: 'stream',
  bodyType: 'multipart/form-data',
  bodyBytesMax: UPLOAD_BODY_BYTES_MAX,
  body: files.UploadBody,
} as const;
const viewing = {
  guard: view,
  reads: 'none',
  reply: Type.Null(),
  otherStatuses: [206, 416],
  answers: 'bytes',
} as const;

/** Routes of uploads, of documents and of their storage (contract kyc 3.6, 3.7). */
export function documentRoutes(d: ReturnType<typeof documentHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'POST', path: '/presign-url', operation: 'createUpload', summary: 'Ask for an upload form', guard: keyGuard('identities:write'), reads: 'json', body: files.UploadInput, reply: files.UploadForm, errors: ['validation_failed', 'unsupported_media_type', 'conflict'], handler: d.createUpload }),
    defineRoute({ method: 'GET', path: `${BASE}/:identityId/documents/:id/presign-url`, operation: 'createViewLink', summary: 'Ask for a link to a document', ...reading, params: files.DocumentParams, reply: files.ViewLink, errors: [...lookUp, 'document_not_found'], handler: d.createViewLink }),
    defineRoute({ method: 'POST', path: STORAGE, operation: 'uploadFile', summary: 'Upload a file with a form', ...uploading, reply: Type.Null(), status: 204, errors: ['validation_failed', 'forbidden', 'not_found', 'conflict'], handler: d.uploadFile }),
    defineRoute({ method: 'GET', path: OBJECT, operation: 'viewFile', summary: 'Open a file by its link', ...viewing, errors: ['forbidden', 'url_expired', 'document_not_found', 'not_found'], handler: d.viewFile }),
  ];
}
