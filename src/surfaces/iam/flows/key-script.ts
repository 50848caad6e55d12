import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { replyWithBytes } from '../../../http/replies.ts';

const SCRIPT = readFileSync(new URL('./assets/webauthn.js', import.meta.url));

/** Of the script as it is served: subresource integrity. */
export const KEY_SCRIPT_INTEGRITY = `sha512-${createHash('sha512').update(SCRIPT).digest('base64')}`;

const HEADERS = {
  'content-type': 'text/javascript; charset=utf-8',
  // Flows name its digest: after an update nobody may still have the old one.
  'cache-control': 'no-cache',
  // Pages at other addresses load it by its digest, for which browsers ask leave; it is the same for everybody.
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
};

/** What has browsers ask for keys. */
export async function sendKeyScript() {
  return replyWithBytes(inOnePiece(SCRIPT), { sizeBytes: SCRIPT.length, headers: HEADERS });
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
