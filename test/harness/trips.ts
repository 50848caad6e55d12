import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabase } from './postgres.ts';
import type { SharedDatabase } from './server.ts';

/** A fresh database that is reached through a wire on which round trips are counted. */
export interface CountedDatabase extends AsyncDisposable {
  /** For `startServer({ database })`. */
  readonly database: SharedDatabase;
  /** So far, over all connections: each asks for an answer by itself, also where several are under way at once. */
  trips(): number;
}

export async function startCounted(): Promise<CountedDatabase> {
  const { url, drop } = await freshDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'selfsame-test-'));
  const sockets = new Set<Socket>();
  let trips = 0;
  const wire = createServer((client) => {
    const server = connect(placeOf(url));
    const count = createCounter(() => {
      trips += 1;
    });
    client.on('data', count);
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) {
      sockets.add(socket);
      // Whichever end breaks, the other one hears of it.
      socket.on('error', () => {}).on('close', () => void [client, server].map((one) => one.destroy()));
    }
  });
  await new Promise<void>((listening) => wire.listen(0, '127.0.0.1', listening));
  const { port } = wire.address() as AddressInfo;
  return {
    database: { url: throughWire(url, port), dataDir },
    trips: () => trips,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => wire.close(closed));
      await drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const LENGTH_BYTES = 4;
/** What a client waits for the answer of: Sync, after one statement or several, and the simple Query. */
const ASKING = new Set(['S', 'Q'].map((letter) => letter.charCodeAt(0)));

/**
 * Reads what a client sends (PostgreSQL's manual, "Message Formats"): a type in one byte, then the length of the rest, itself
 * included; the first message has no type.
 */
function createCounter(onTrip: () => void): (piece: Buffer) => void {
  let waiting = Buffer.alloc(0);
  let typeBytes = 0;
  return (piece) => {
    waiting = Buffer.concat([waiting, piece]);
    while (waiting.length >= typeBytes + LENGTH_BYTES) {
      const end = typeBytes + waiting.readUInt32BE(typeBytes);
      if (waiting.length < end) return;
      if (typeBytes > 0 && ASKING.has(waiting.readUInt8(0))) onTrip();
      waiting = waiting.subarray(end);
      typeBytes = 1;
    }
  };
}

/** A socket's directory stands in the query, as libpq has it. */
function placeOf(text: string): NetConnectOpts {
  const url = new URL(text);
  const directory = url.searchParams.get('host');
  const port = Number(url.searchParams.get('port') ?? (url.port === '' ? 5432 : url.port));
  return directory === null ? { host: url.hostname, port } : { path: join(directory, `.s.PGSQL.${port}`) };
}

function throughWire(text: string, port: number): string {
  const url = new URL(text);
  url.search = '';
  url.host = `127.0.0.1:${port}`;
  return url.href;
}
