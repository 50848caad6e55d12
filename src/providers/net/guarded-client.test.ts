import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DestinationRefused, Unavailable } from '../../core/errors.ts';
import { createGuardedClient, type GuardedClientOptions, type Lookup } from './guarded-client.ts';

// Made for this test, for the name hooks.example.test, until 2120; it protects nothing.
const TLS_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgn9QODjPyUQvGbe1a
KGWbXVDRF1ms/QqwAvQqAXSzf7yhRANCAASKne9mZ+1opMwYII6Asw7e1e5LiDPz
43wGE1NGPXYGrW37DoYRkqzMPT1yohG8oHy5zJNT29rdJcPmU5hW+TZ0
-----END PRIVATE KEY-----`;
const TLS_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfDCCASKgAwIBAgIBATAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJob29rcy5l
eGFtcGxlLnRlc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMB0x
GzAZBgNVBAMMEmhvb2tzLmV4YW1wbGUudGVzdDBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABIqd72Zn7WikzBggjoCzDt7V7kuIM/PjfAYTU0Y9dgatbfsOhhGSrMw9
PXKiEbygfLnMk1Pb2t0lw+ZTmFb5NnSjUTBPMB0GA1UdEQQWMBSCEmhvb2tzLmV4
YW1wbGUudGVzdDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBThOgG0PSFUhlaE
uMFDtrsQdBddazAKBggqhkjOPQQDAgNIADBFAiEAuifsy/tTt3gx9HvmWBKhIXUa
qTKYMJ2bucHiw9BJL8ICIGWftWF+bpyIsLt8wKDbNyWnnlXFT8zhckD5TjvQSUno
-----END CERTIFICATE-----`;

const defaults: GuardedClientOptions = {
  allowPrivate: ['127.0.0.0/8'],
  timeoutMs: 5_000,
  maxResponseBytes: 1_000,
};
const client = createGuardedClient(defaults);
const resolvesTo =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses.map((address) => ({ address, family: net.isIP(address) }));

let handler: RequestListener = (_request, response) => response.end();
const requests: { method: string; url: string; headers: Record<string, unknown>; body: string }[] = [];
const onRequest: RequestListener = async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
  handler(request, response);
};
const plain = createServer(onRequest);
const secure = https.createServer({ key: TLS_KEY, cert: TLS_CERTIFICATE }, onRequest);
const portOf = (server: net.Server): number => (server.address() as AddressInfo).port;
let origin = '';

before(async () => {
  for (const server of [plain, secure]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  origin = `http://127.0.0.1:${portOf(plain)}`;
});
after(() => {
  for (const server of [plain, secure]) {
    server.close();
    server.closeAllConnections();
  }
});

describe('a request', () => {
  it('carries method, path, headers and body, and gives back status, headers and bytes', async () => {
    handler = (_request, response) =>
      response.writeHead(201, { 'X-Answer': 'yes' }).end(Buffer.from([0, 255, 1]));
    const answer = await client.request({
      method: 'POST',
      url: `${origin}/path?query=1#fragment`,
      headers: { 'Content-Type': 'text/plain' },
      body: 'é',
    });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['x-answer'], 'yes');
    assert.deepEqual(answer.body, Buffer.from([0, 255, 1]));
    const seen = requests.at(-1);
    assert.equal(seen?.method, 'POST');
    assert.equal(seen?.url, '/path?query=1');
    assert.equal(seen?.body, 'é');
    assert.equal(seen?.headers['content-type'], 'text/plain');
    assert.equal(seen?.headers['content-length'], '2');
    assert.equal(seen?.headers.connection, 'close');
  });

  it('does not follow redirects', async () => {
    handler = (_request, response) => response.writeHead(302, { location: `${origin}/next` }).end();
    const count = requests.length;
    const answer = await client.request({ method: 'GET', url: origin });
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.location, `${origin}/next`);
    assert.equal(requests.length, count + 1);
  });

  it('neither asks for compression nor undoes it', async () => {
    const zipped = gzipSync(Buffer.alloc(100_000));
    handler = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(zipped);
    const answer = await client.request({ method: 'GET', url: origin });
    assert.deepEqual(answer.body, zipped);
    assert.equal(requests.at(-1)?.headers['accept-encoding'], 'identity');
  });

  it('passes for HEAD, whatever length is announced', async () => {
    handler = (_request, response) => response.writeHead(200, { 'content-length': 5_000 }).end();
    assert.equal((await client.request({ method: 'HEAD', url: origin })).body.length, 0);
  });
});

describe('a destination', () => {
  const blocked = [
    ...['http://127.0.0.1', 'http://localhost', 'http://[::1]', 'http://[::ffff:127.0.0.1]', 'http://[::]'],
    ...[
      'http://2130706433',
      'http://0x7f.1',
      'http://0177.0.0.1',
      'http://0',
      'http://127.1',
      'http://127.0.0.1.',
    ],
    ...[
      'http://169.254.169.254/latest/meta-data',
      'http://10.0.0.1',
      'https://192.168.0.1',
      'http://[fd00::1]',
    ],
    ...['http://[fe80::1]', 'http://[64:ff9b::7f00:1]', 'http://[2002:7f00:1::]', 'http://１２７.0.0.1'],
  ];
  it('that is not public is refused in every spelling', async () => {
    const strict = createGuardedClient({ ...defaults, allowPrivate: false });
    for (const url of blocked)
      await assert.rejects(strict.request({ method: 'GET', url }), DestinationRefused, url);
  });

  it('must be http or https, without credentials', async () => {
    const urls = ['', '/path', 'ftp://example.com', 'file:///etc/passwd', 'gopher://127.0.0.1', 'data:,x'];
    urls.push(origin.replace('//', '//user:password@'), origin.replace('//', '//user@'));
    for (const url of urls)
      await assert.rejects(client.request({ method: 'GET', url }), DestinationRefused, url);
  });

  it('is refused when only one of its addresses is forbidden, and nothing is sent', async () => {
    const count = requests.length;
    for (const addresses of [
      ['127.0.0.1', '10.0.0.1'],
      ['::1', '127.0.0.1'],
      ['127.0.0.1', 'fe80::1%lo'],
    ]) {
      const guarded = createGuardedClient({ ...defaults, lookup: resolvesTo(...addresses) });
      const url = `http://hooks.example.test:${portOf(plain)}`;
      await assert.rejects(guarded.request({ method: 'GET', url }), DestinationRefused);
    }
    assert.equal(requests.length, count);
  });

  it('is resolved once and called at that address, so that a name which turns private gains nothing', async () => {
    handler = (_request, response) => response.end('public');
    let lookups = 0;
    const rebinding: Lookup = async () => {
      lookups += 1;
      return [{ address: lookups === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    };
    const guarded = createGuardedClient({ ...defaults, lookup: rebinding });
    const request = { method: 'GET', url: `http://hooks.example.test:${portOf(plain)}/` } as const;
    assert.equal((await guarded.request(request)).body.toString(), 'public');
    assert.equal(lookups, 1);
    assert.equal(requests.at(-1)?.headers.host, `hooks.example.test:${portOf(plain)}`);
    await assert.rejects(guarded.request(request), DestinationRefused);
    assert.equal(lookups, 2);
  });

  it('is checked again for each request, since no connection is kept', async () => {
    let connections = 0;
    const count = (): void => {
      connections += 1;
    };
    plain.on('connection', count);
    await client.request({ method: 'GET', url: origin });
    await client.request({ method: 'GET', url: origin });
    plain.off('connection', count);
    assert.equal(connections, 2);
  });

  it('over TLS must hold a certificate for its name, although an address is called', async () => {
    handler = (_request, response) => response.end('secure');
    const options = { ...defaults, ca: TLS_CERTIFICATE, lookup: resolvesTo('127.0.0.1') };
    const guarded = createGuardedClient(options);
    const answer = await guarded.request({
      method: 'GET',
      url: `https://hooks.example.test:${portOf(secure)}`,
    });
    assert.equal(answer.body.toString(), 'secure');
    for (const host of ['other.example.test', '127.0.0.1']) {
      const url = `https://${host}:${portOf(secure)}`;
      await assert.rejects(guarded.request({ method: 'GET', url }), Unavailable);
    }
    const untrusting = createGuardedClient({ ...defaults, lookup: resolvesTo('127.0.0.1') });
    const url = `https://hooks.example.test:${portOf(secure)}`;
    await assert.rejects(untrusting.request({ method: 'GET', url }), Unavailable);
  });
});

describe('limits', () => {
  it('an answer may have as many bytes as allowed and not one more', async () => {
    for (const chunked of [true, false]) {
      handler = (request, response) => {
        const body = Buffer.alloc(Number(request.url?.slice(1)), 'x');
        response.writeHead(200, chunked ? {} : { 'content-length': body.length });
        if (chunked) response.write('');
        response.end(body);
      };
      const fits = await client.request({ method: 'GET', url: `${origin}/1000` });
      assert.equal(fits.body.length, 1_000);
      await assert.rejects(client.request({ method: 'GET', url: `${origin}/1001` }), Unavailable);
      await assert.rejects(client.request({ method: 'GET', url: `${origin}/11`, maxBytes: 10 }), Unavailable);
    }
  });

  it('of an answer that is too long the beginning is enough for who says so', async () => {
    handler = (_request, response) => {
      response.statusCode = 201;
      const send = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(10_000, 'x')));
      };
      response.on('drain', send);
      send();
    };
    const cut = await client.request({ method: 'POST', url: origin, body: 'b', excess: 'cut' });
    assert.deepEqual([cut.status, cut.body.toString()], [201, 'x'.repeat(1_000)]);
  });

  it('a caller may give up earlier', async () => {
    handler = () => controller.abort();
    const controller = new AbortController();
    const { signal } = controller;
    await assert.rejects(client.request({ method: 'GET', url: origin, signal }), Unavailable);
    const never: Lookup = () => new Promise(() => {});
    const lookingUp = createGuardedClient({ ...defaults, lookup: never });
    await assert.rejects(
      lookingUp.request({ method: 'GET', url: 'http://hooks.example.test', signal }),
      Unavailable,
    );
  });

  it('an endless answer is cut off', async () => {
    handler = (_request, response) => {
      const send = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(10_000)));
      };
      response.on('drain', send);
      send();
    };
    await assert.rejects(client.request({ method: 'GET', url: origin }), Unavailable);
  });

  it('the time covers the look-up of the name, the head and the body of the answer', async () => {
    const slow = { ...defaults, timeoutMs: 50 };
    const never: Lookup = () => new Promise(() => {});
    const lookingUp = createGuardedClient({ ...slow, lookup: never });
    await assert.rejects(lookingUp.request({ method: 'GET', url: 'http://hooks.example.test' }), Unavailable);
    const guarded = createGuardedClient(slow);
    handler = () => {};
    await assert.rejects(guarded.request({ method: 'GET', url: origin }), Unavailable);
    handler = (_request, response) => response.writeHead(200).write('begin');
    await assert.rejects(guarded.request({ method: 'GET', url: origin }), Unavailable);
    await assert.rejects(client.request({ method: 'GET', url: origin, timeoutMs: 50 }), Unavailable);
  });

  it('a broken answer, a refused connection and an unknown name are Unavailable', async () => {
    handler = (request) => request.socket.destroy();
    await assert.rejects(client.request({ method: 'GET', url: origin }), Unavailable);
    handler = (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('begin');
      setImmediate(() => request.socket.destroy());
    };
    await assert.rejects(client.request({ method: 'GET', url: origin }), Unavailable);
    await assert.rejects(client.request({ method: 'GET', url: 'http://127.0.0.1:1' }), Unavailable);
    const unknown: Lookup = () =>
      Promise.reject(Object.assign(new Error('secret text'), { code: 'ENOTFOUND' }));
    for (const lookup of [unknown, resolvesTo()]) {
      const guarded = createGuardedClient({ ...defaults, lookup });
      await assert.rejects(guarded.request({ method: 'GET', url: 'http://hooks.example.test' }), Unavailable);
    }
  });

  it('a head beyond 16 KiB and a change of protocol are Unavailable', async () => {
    handler = (_request, response) => response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end();
    await assert.rejects(client.request({ method: 'GET', url: origin }), Unavailable);
    handler = (request) => {
      request.socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    };
    await assert.rejects(client.request({ method: 'GET', url: origin }), Unavailable);
  });

  it('headers that steer the connection, or hold line breaks, are refused', async () => {
    const headers = [{ Host: 'x' }, { 'content-length': '1' }, { 'Transfer-Encoding': 'chunked' }];
    for (const set of [...headers, { 'x-a': 'b\r\nhost: c' }, { 'x a': 'b' }]) {
      await assert.rejects(
        client.request({ method: 'GET', url: origin, headers: { ...set } }),
        DestinationRefused,
      );
    }
  });
});
