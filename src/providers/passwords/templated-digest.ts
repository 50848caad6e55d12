import { hash, timingSafeEqual } from 'node:crypto';
import { decodeBase64, type HashFamily, LITTLE_WORK, problem, type ReadHash } from './encoded.ts';

const DIGEST_BYTES = { md5: 16, sha1: 20, sha256: 32, sha512: 64 } as const;
type Digest = keyof typeof DIGEST_BYTES;

const NAMED = /^\$(md5|sha1|sha256|sha512)\$/;
const PLAIN_MD5 = /^\$md5\$([^$]*)$/;
const TEMPLATED = /^\$[a-z0-9]+\$pf=([^$]+)\$([^$]*)\$([^$]+)$/;
/** A password that the template repeats is still to be hashed in no time. */
const PASSWORD_PLACES_MAX = 16;

type Piece = Buffer | 'salt' | 'password';

/** The template's text around its places; null where the password has none, and any password would be right. */
function readTemplate(template: Buffer): readonly Piece[] | null {
  // One byte a character, so that bytes which are no UTF-8 stay as they are.
  const parts = template.toString('latin1').split(/(\{SALT\}|\{PASSWORD\})/);
  const places = parts.filter((part) => part === '{PASSWORD}').length;
  if (places < 1 || places > PASSWORD_PLACES_MAX) return null;
  return parts.map((part) => {
    return part === '{SALT}' ? 'salt' : part === '{PASSWORD}' ? 'password' : Buffer.from(part, 'latin1');
  });
}

function fill(pieces: readonly Piece[], given: { salt: Buffer; password: Buffer }): Buffer {
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? given[piece] : piece)));
}

function decodeFields(encoded: string): { pieces: readonly Piece[]; salt: Buffer; digest: Buffer } | null {
  const plain = PLAIN_MD5.exec(encoded)?.[1];
  const [, templateText, saltText = '', digestText = plain ?? ''] = TEMPLATED.exec(encoded) ?? [];
  if (plain === undefined && templateText === undefined) return null;
  const template = decodeBase64(templateText ?? '', 'padded');
  const pieces = plain === undefined ? template && readTemplate(template) : (['password'] as const);
  const salt = decodeBase64(saltText, 'padded');
  const digest = decodeBase64(digestText, 'padded');
  return pieces === null || salt === null || digest === null ? null : { pieces, salt, digest };
}

/**
 * `$md5$<digest>`, and `$md5|sha1|sha256|sha512$pf=<template>$<salt>$<digest>`: one digest of a template in which
 * `{SALT}` and `{PASSWORD}` stand for their bytes.
 */
export const templatedDigest: HashFamily = {
  isNamedBy: (encoded) => NAMED.test(encoded),
  read(encoded) {
    const name = NAMED.exec(encoded)?.[1] as Digest | undefined;
    const fields = decodeFields(encoded);
    if (name === undefined || fields?.digest.length !== DIGEST_BYTES[name]) return problem('malformed');
    const { pieces, salt, digest } = fields;
    return {
      ok: true,
      format: name === 'md5' ? 'md5' : 'sha',
      work: LITTLE_WORK,
      matches: async (password) =>
        timingSafeEqual(hash(name, fill(pieces, { salt, password }), 'buffer'), digest),
    } satisfies ReadHash;
  },
};
