// Begins to store a file, says so, and never ends on its own: for a test that kills it.
//   node interrupted-put.ts DIRECTORY KEY
import { readBlobKey } from '../../src/core/blobs/blob-key.ts';
import { openFileBlobStore } from '../../src/providers/blobs/files.ts';

const [, , directory = '', text = ''] = process.argv;
const key = readBlobKey(text);
if (key === null) throw new TypeError('no key');

async function* content(): AsyncGenerator<Buffer> {
  for (let piece = 0; piece < 20; piece += 1) yield Buffer.alloc(64 * 1024, piece);
  process.stdout.write('written\n');
  // Whoever started this closes our input when it does not kill us.
  for await (const _ of process.stdin);
}

const store = await openFileBlobStore({ directory });
await store.put(key, content(), { sizeBytesMax: 100 * 1024 * 1024 });
