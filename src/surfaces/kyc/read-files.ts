import type { FieldRule } from '../../core/errors.ts';
import { DOCUMENTS_PER_REQUEST_MAX, FACES_PER_REQUEST_MAX } from '../../core/kyc/attach-documents.ts';
import type { DocumentInput } from '../../core/kyc/identity-input.ts';
import type { BodyReader } from './body-reader.ts';

/** Whether an object of the caller's storage may have this address; not whether it was uploaded. */
export type IsObject = (url: string) => boolean;

const DOCUMENT_TYPES = [
  'driverLicense',
  'identityCard',
  'other',
  'passport',
  'residencePermit',
  'utilityBill',
] as const;
const URL_LENGTH_MAX = 2048;

const NO_OBJECT: [FieldRule, string] = ['format', 'must be the address of an uploaded file'];

/** Documents as they are told; what is wrong with one goes to the reader. */
export function readDocuments(body: BodyReader, isObject: IsObject): DocumentInput[] | undefined {
  const items = body.list('documents', DOCUMENTS_PER_REQUEST_MAX);
  if (items === null || items === undefined) return undefined;
  return items.flatMap((item, index) => {
    const names = ['type', 'side', 'url', 'label', 'description'];
    const reader = body.item('documents', index, item, names);
    if (reader === null) return [];
    reader.require('type', 'side', 'url');
    const type = reader.word('type', DOCUMENT_TYPES);
    const side = reader.word('side', ['frontSide', 'backSide']);
    const url = reader.checked('url', URL_LENGTH_MAX, (text) => (isObject(text) ? null : NO_OBJECT));
    const [label, description] = ['label', 'description'].map((name) => reader.nullableText(name)?.value);
    if (!type || !side || !url) return [];
    return { type, side, url, label, description };
  });
}

/** Addresses of face images. */
export function readFaceImages(body: BodyReader, isObject: IsObject): string[] | undefined {
  const items = body.list('faceImages', FACES_PER_REQUEST_MAX);
  if (items === null || items === undefined) return undefined;
  return items.flatMap((item, index) => {
    if (typeof item === 'string' && isObject(item)) return item;
    const [rule, message]: [FieldRule, string] =
      typeof item === 'string' ? NO_OBJECT : [item === null ? 'null' : 'type', 'must be a string'];
    body.problems.push({ path: ['faceImages', index], code: 'invalid', rule, message });
    return [];
  });
}
