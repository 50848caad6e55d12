import postgres from 'postgres';
import { classify } from './errors.ts';
import type { Target } from './target.ts';
import { resolveTarget } from './target.ts';
import { WIRE_TYPES } from './types.ts';

export interface ClientOptions {
  readonly target: Target;
  readonly maxConnections: number;
  readonly prepare: boolean;
  readonly applicationName: string;
  /** Session settings sent when a connection opens. Poolers in transaction mode refuse most: give none there. */
  readonly settings: Readonly<Record<string, string>>;
  readonly connectTimeoutSeconds: number;
  /** How long a replaced client may go on serving what it already has; longer than any one statement takes. */
  readonly retireSeconds: number;
}

export type Sql = postgres.Sql;

/**
 * The postgres.js client in use, replaced by a fresh one as soon as one of its open connections is lost.
 *
 * Why: a postgres.js connection object keeps state over a reconnect. If a statement was being written in the very
 * turn in which the socket closed, its bytes are sent before the next start-up message and its flush timer never
 * fires again; and the statement that was lost stays "current", so a refusal while the server starts up (57P03) is
 * swallowed and the next query waits for ever; and one that is handed over between a socket's error and its close
 * is never answered. New objects have none of these faults. What a retired client still has in hand is finished
 * there.
 */
export class ClientPool {
  readonly #options: ClientOptions;
  readonly #retired = new Set<Client>();
  #current: Client;
  #closed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#current = this.#open();
  }

  /** Runs `work` on the client of the moment, which stays open until it settles. */
  async use<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = this.#current;
    client.inFlight += 1;
    try {
      return await work(client.sql);
    } catch (error) {
      // The socket has failed and is not closed yet: whatever is given to it now would be forgotten.
      if (classify(error) === 'lost') this.#retire(client);
      throw error;
    } finally {
      client.inFlight -= 1;
      if (client.inFlight === 0 && this.#retired.has(client)) this.#end(client, 0);
    }
  }

  /** Waits up to `seconds` for what is under way; the rest fails. */
  async close(seconds: number): Promise<void> {
    this.#closed = true;
    const clients = [this.#current, ...this.#retired];
    await Promise.all(clients.map((client) => client.sql.end({ timeout: seconds })));
  }

  #open(): Client {
    const { target, maxConnections, prepare, applicationName, settings, connectTimeoutSeconds } =
      this.#options;
    const client = { inFlight: 0, opened: false };
    const options = {
      max: maxConnections,
      prepare,
      fetch_types: false,
      types: WIRE_TYPES,
      connect_timeout: connectTimeoutSeconds,
      // Whoever calls waits between attempts; the driver's own waiting would grow to 20 seconds a query.
      backoff: () => 0,
      idle_timeout: 0,
      max_lifetime: null,
      target_session_attrs: 'primary' as const,
      connection: { application_name: applicationName, ...settings },
      onnotice: () => {},
      // The server names its parameters once a connection is authenticated: from here on a close is a loss.
      onparameter: () => {
        client.opened = true;
      },
      onclose: () => {
        if (client.opened) this.#retire(client);
      },
    };
    const resolved = resolveTarget(target);
    const sql =
      typeof resolved === 'string'
        ? postgres(resolved, options)
        : postgres({ ...options, ...resolved, ssl: false, password: '' });
    return Object.assign(client, { sql });
  }

  #retire(client: { opened: boolean }): void {
    if (this.#closed || client !== this.#current) return;
    const old = this.#current;
    this.#retired.add(old);
    this.#current = this.#open();
    // Not in this turn: the driver is still handling the close that called us.
    if (old.inFlight === 0) setImmediate(() => this.#end(old, 0));
    else old.timer = setTimeout(() => this.#end(old, 0), this.#options.retireSeconds * 1000).unref();
  }

  #end(client: Client, seconds: number): void {
    if (!this.#retired.delete(client)) return;
    clearTimeout(client.timer);
    // Nothing waits for it; a failure to say goodbye to a lost server is no news.
    client.sql.end({ timeout: seconds }).catch(() => {});
  }
}

interface Client {
  readonly sql: Sql;
  inFlight: number;
  opened: boolean;
  timer?: NodeJS.Timeout;
}
