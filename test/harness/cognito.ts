import { mkdtempSync, rmdirSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Router } from 'cognito-local/lib/server/Router.js';
import { createServer } from 'cognito-local/lib/server/server.js';
import { CognitoServiceFactoryImpl } from 'cognito-local/lib/services/cognitoService.js';
import { JwtTokenGenerator } from 'cognito-local/lib/services/tokenGenerator.js';
import { UserPoolServiceFactoryImpl } from 'cognito-local/lib/services/userPoolService.js';
import { pino } from 'pino';
import type { TestClock } from './clock.ts';

/** A user pool of cognito-local with one client, on loopback, in memory, by the test's clock. */
export interface CognitoEmulator extends AsyncDisposable {
  readonly url: string;
  readonly userPoolId: string;
  readonly clientId: string;
  /** What it would have sent to people: the newest last. */
  readonly codes: string[];
  /** Names of commands that came in, the newest last. */
  readonly commands: string[];
  /** While true, nothing is answered. */
  hangs: boolean;
  /** As an operator writes it down. */
  settings(more?: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

type Services = Parameters<typeof Router>[0];
type Stored = { [name: string]: unknown };

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/**
 * Put together from the emulator's own parts without what needs AWS: triggers of functions, and mail.
 * @param clock Tokens are of this time.
 */
export async function startCognito(clock: TestClock): Promise<CognitoEmulator> {
  let emulator: CognitoEmulator | null = null;
  const codes: string[] = [];
  const commands: string[] = [];
  const tokenConfig = { IssuerDomain: '' };
  const services = await createServices(clock, codes, tokenConfig);
  const route = Router(services);
  const log = pino({ level: 'silent' });
  const recorded: typeof route = (target) => {
    commands.push(target);
    return route(target);
  };
  const { application } = createServer(recorded, log as never, { development: false } as never, services);
  const server = createHttpServer((request, response) => {
    if (emulator?.hangs !== true) application(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  tokenConfig.IssuerDomain = url;
  const pool = await command(url, 'CreateUserPool', {
    ...{ PoolName: 'test', UsernameAttributes: ['email'] },
    Schema: ['terms_optin1', 'terms_optin2'].map((Name) => {
      return { Name, AttributeDataType: 'String', Mutable: true, StringAttributeConstraints: {} };
    }),
  });
  const UserPoolId = pool.UserPool.Id;
  const client = await command(url, 'CreateUserPoolClient', { UserPoolId, ClientName: 'test' });
  commands.length = 0;
  const clientId = client.UserPoolClient.ClientId;
  emulator = {
    ...{ url, userPoolId: UserPoolId, clientId, codes, commands, hangs: false },
    settings: (more = {}) => ({
      ...{ region: 'eu-west-1', endpoint: url, userPoolId: UserPoolId, clientId, autoConfirm: true },
      ...{ credentials: CREDENTIALS, ...more },
    }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return emulator;
}

async function createServices(
  clock: TestClock,
  codes: string[],
  tokenConfig: { IssuerDomain: string },
): Promise<Services> {
  const time = { get: () => clock.now() };
  const stores = new Map<string, Store>();
  const factory = {
    async create(_: unknown, id: string, defaults: object) {
      const store = stores.get(id) ?? new Store(structuredClone(defaults) as Stored);
      stores.set(id, store);
      return store;
    },
  };
  const pools = new UserPoolServiceFactoryImpl(time, factory);
  const log = { logger: pino({ level: 'silent' }) };
  const defaults = { UsernameAttributes: ['email'] };
  // It looks for user pools of before.
  const before = mkdtempSync(join(tmpdir(), 'cognito-'));
  const cognito = await new CognitoServiceFactoryImpl(before, factory, pools).create(log as never, defaults);
  rmdirSync(before);
  const triggers = { enabled: () => false };
  return {
    ...{ clock: time, cognito, triggers, otp: () => String(123_456 + codes.length) },
    messages: {
      async deliver(...[, , , , , code]: unknown[]) {
        codes.push(String(code));
      },
    },
    config: { UserPoolDefaults: defaults, TokenConfig: tokenConfig },
    tokenGenerator: new JwtTokenGenerator(time, triggers as never, tokenConfig),
  } as unknown as Services;
}

/** What the emulator keeps in files, in memory. */
class Store {
  readonly #root: Stored;
  constructor(root: Stored) {
    this.#root = root;
  }

  async get<Value>(_: unknown, key: string | string[], otherwise?: Value): Promise<Value> {
    const found = [key]
      .flat()
      .reduce<unknown>((node, step) => (node as Stored | undefined)?.[step], this.#root);
    return structuredClone(found ?? otherwise ?? null) as Value;
  }

  async getRoot<Value>(): Promise<Value> {
    return this.#root as Value;
  }

  async set<Value>(_: unknown, key: string | string[], value: Value): Promise<void> {
    this.#holder([key].flat())[[key].flat().at(-1) ?? ''] = structuredClone(value);
  }

  async delete(_: unknown, key: string | string[]): Promise<void> {
    delete this.#holder([key].flat())[[key].flat().at(-1) ?? ''];
  }

  #holder(steps: readonly string[]): Stored {
    return steps.slice(0, -1).reduce<Stored>((node, step) => {
      node[step] ??= {};
      return node[step] as Stored;
    }, this.#root);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the emulator.
async function command(url: string, name: string, body: object): Promise<any> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${name}`,
    },
    body: JSON.stringify(body),
  });
  if (response.status !== 200) throw new Error(`${name}: ${response.status} ${await response.text()}`);
  return response.json();
}
