import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formBody, gather, inPieces } from '../../../test/blobs/kit.ts';
import { UploadNotAccepted, UploadRefused } from '../../core/blobs/errors.ts';
import { BodyTooLarge, CoreError } from '../../core/errors.ts';
import { formReader } from './form-reader.ts';

const BOUNDARY = 'aB3-boundary';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const LIMITS = { fileBytesMax: 1_000_000 };
const FILE = { name: 'file', value: 'content', filename: 'a.jpeg', headers: 'Content-Type: image/jpeg\r\n' };

async function read(body: Buffer, pieceBytes = 1_000, contentType = TYPE) {
  const parts = await formReader.read({ contentType, body: inPieces(body, pieceBytes) }, LIMITS);
  return { fields: Object.fromEntries(parts.fields), file: await gather(parts.file) };
}

describe('an upload form', () => {
  it('gives its fields, then its file, whatever pieces it comes in', async () => {
    const content = randomBytes(20_000);
    const body = formBody(BOUNDARY, [
      { name: 'key', value: 'a/b.jpeg' },
      { name: 'X-Amz-Date', value: '' },
      { ...FILE, value: content },
    ]);
    for (const size of [3, 100, 65_536, body.length]) {
      const { fields, file } = await read(body, size);
      assert.deepEqual(fields, { key: 'a/b.jpeg', 'x-amz-date': '' });
      assert.ok(file.equals(content), String(size));
    }
    const quoted = `Multipart/Form-Data; boundary="${BOUNDARY}"`;
    assert.deepEqual((await read(body, 1_000, quoted)).fields.key, 'a/b.jpeg');
  });

  it('reads no more than its reader asks for', async () => {
    let sent = 0;
    async function* sending(): AsyncGenerator<Uint8Array> {
      const head = formBody(BOUNDARY, [{ ...FILE, value: '' }]);
      yield head.subarray(0, head.indexOf('\r\n\r\n') + 4);
      for (; sent < 900; sent += 1) yield Buffer.alloc(1_000, 0x61);
    }
    const parts = await formReader.read({ contentType: TYPE, body: sending() }, LIMITS);
    await new Promise((resolve) => setImmediate(resolve));
    const { value } = await parts.file[Symbol.asyncIterator]().next();
    assert.ok(value.length > 0);
    assert.ok(sent < 400, `${sent} pieces were taken`);
    parts.discard();
  });

  it('has no fields when the file comes first, as on S3', async () => {
    const body = formBody(BOUNDARY, [FILE, { name: 'key', value: 'a' }]);
    const parts = await formReader.read({ contentType: TYPE, body: inPieces(body, 10) }, LIMITS);
    assert.equal(parts.fields.size, 0);
    await assert.rejects(gather(parts.file), UploadRefused);
  });

  it('is refused with anything after its file', async () => {
    for (const extra of [FILE, { name: 'key', value: 'b' }, { name: 'x', value: 'y', filename: 'z' }]) {
      for (const size of [1, 7, 10_000]) {
        const body = formBody(BOUNDARY, [{ name: 'key', value: 'a' }, FILE, extra]);
        await assert.rejects(read(body, size), UploadRefused, `${extra.name} in ${size}`);
      }
    }
  });

  it('does not end its file before the form has ended, however late the rest comes', async () => {
    const whole = formBody(BOUNDARY, [{ name: 'key', value: 'a' }, FILE, { name: 'key', value: 'b' }]);
    const end = whole.lastIndexOf('Content-Disposition');
    const rest = Promise.withResolvers<void>();
    async function* late(): AsyncGenerator<Uint8Array> {
      yield whole.subarray(0, end);
      await rest.promise;
      yield whole.subarray(end);
    }
    const { file } = await formReader.read({ contentType: TYPE, body: late() }, LIMITS);
    let isOver = false;
    const read = gather(file).finally(() => {
      isOver = true;
    });
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isOver, false);
    rest.resolve();
    await assert.rejects(read, UploadRefused);
  });

  it('is refused with a field twice, too long, without a name, or with too many', async () => {
    const tricks = [
      [
        { name: 'key', value: 'a' },
        { name: 'KEY', value: 'b' },
      ],
      [{ name: 'policy', value: 'a'.repeat(5_000) }],
      [{ name: 'k'.repeat(100), value: 'a' }],
      [{ name: '', value: 'a' }],
      Array.from({ length: 17 }, (_, n) => ({ name: `f${n}`, value: 'a' })),
      // A file by another name is a field, and as bounded as one.
      [{ name: 'other', value: randomBytes(100_000), filename: 'b.jpeg' }],
    ];
    for (const fields of tricks)
      await assert.rejects(read(formBody(BOUNDARY, [...fields, FILE])), UploadRefused);
  });

  it('is refused without a file, and when it is none', async () => {
    await assert.rejects(read(formBody(BOUNDARY, [{ name: 'key', value: 'a' }])), UploadRefused);
    await assert.rejects(read(Buffer.from('')), UploadRefused);
    await assert.rejects(read(Buffer.from('{"key":"a"}')), UploadRefused);
    const body = formBody(BOUNDARY, [FILE]);
    for (const type of [
      '',
      'application/json',
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/mixed; boundary=x',
      `multipart/form-data; boundary=${'x'.repeat(71)}`,
      `multipart/form-data; charset=utf-16; boundary=${BOUNDARY}`,
      `multipart/form-data; boundary=${BOUNDARY}; boundary=other`,
    ])
      await assert.rejects(read(body, 100, type), UploadRefused, type);
    await assert.rejects(read(body, 100, 'multipart/form-data; boundary=another'), UploadRefused);
  });

  it('does not pass on a file that was cut off', async () => {
    const body = formBody(BOUNDARY, [
      { name: 'key', value: 'a' },
      { ...FILE, value: randomBytes(5_000) },
    ]);
    for (const missing of [1, 2, 3, 4, 5, BOUNDARY.length + 6, 1_000]) {
      const cut = body.subarray(0, body.length - missing);
      // Two bytes at the end are the line break after the form, which nobody needs.
      if (missing <= 2) await read(cut);
      else await assert.rejects(read(cut), CoreError, String(missing));
    }
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield body.subarray(0, 3_000);
      throw new Error('aborted');
    }
    const parts = await formReader.read({ contentType: TYPE, body: breaking() }, LIMITS);
    await assert.rejects(gather(parts.file), UploadNotAccepted);
  });

  it('takes a file of the largest size, and not of one byte more', async () => {
    const largest = formBody(BOUNDARY, [{ ...FILE, value: Buffer.alloc(1_000_000) }]);
    assert.equal((await read(largest, 50_000)).file.length, 1_000_000);
    for (const size of [1_000_001, 3_000_000]) {
      const tooLarge = formBody(BOUNDARY, [{ ...FILE, value: Buffer.alloc(size) }]);
      await assert.rejects(read(tooLarge, 50_000), BodyTooLarge);
    }
  });

  it('stops reading an endless preamble, header or field', async () => {
    for (const start of [
      '',
      `--${BOUNDARY}\r\n`,
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\n`,
    ]) {
      let sent = 0;
      async function* endless(): AsyncGenerator<Uint8Array> {
        yield Buffer.from(start);
        for (;;) {
          sent += 1;
          yield Buffer.alloc(10_000, 'x: y\r\n');
        }
      }
      await assert.rejects(formReader.read({ contentType: TYPE, body: endless() }, LIMITS), CoreError);
      assert.ok(sent < 150, `${sent} pieces`);
    }
  });

  it('ignores what the client says of the file', async () => {
    const names = ['../../etc/passwd', 'a\\b', 'x";name="key', ''];
    for (const filename of names) {
      const { fields, file } = await read(formBody(BOUNDARY, [{ ...FILE, filename }]));
      assert.deepEqual(fields, {}, filename);
      assert.equal(file.toString(), 'content');
    }
  });

  it('ends in an answer, whatever is sent', async () => {
    const whole = formBody(BOUNDARY, [{ name: 'key', value: 'a' }, FILE]);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length),
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(40),
        async (at, bytes, cut) => {
          const body = Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + cut)]);
          try {
            await read(body, 50);
          } catch (error) {
            assert.ok(error instanceof CoreError, String(error));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
