import type { FieldProblem } from '../errors.ts';
import type { KycInput } from './identity-input.ts';

/**
 * Attaches documents and face images: the one place where an input's files meet this deployment's storage. An address
 * that is none of its objects is refused, and nothing is ever fetched to find out (contract kyc 3.1). Until files can be
 * uploaded there is no object, so that every address is refused.
 */
export function attachEvidence({ documents = [], faceImages = [] }: KycInput): FieldProblem[] {
  const refused = (path: FieldProblem['path']): FieldProblem => ({
    ...{ path, code: 'invalid', rule: 'format', message: 'must be the address of an uploaded file' },
  });
  return [
    ...documents.map((_document, index) => refused(['documents', index, 'url'])),
    ...faceImages.map((_image, index) => refused(['faceImages', index])),
  ];
}
