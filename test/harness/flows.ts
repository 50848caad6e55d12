import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IamApi, Shown } from './iam.ts';
import type { Reply } from './server.ts';

export type FlowKindName = 'login' | 'registration' | 'settings' | 'recovery' | 'verification';
type Body = Readonly<Record<string, unknown>>;

interface NativeOptions {
  /** Sent as `X-Session-Token`. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A native client of one server: no cookies, a token where it is signed in. */
export interface NativeClient {
  begin(kind: FlowKindName, query?: string, options?: NativeOptions): Promise<Reply>;
  submit(kind: FlowKindName, id: string, body: Body, options?: NativeOptions): Promise<Reply>;
  /** A new flow, submitted once. */
  run(kind: FlowKindName, body: Body, options?: NativeOptions): Promise<Reply>;
  /** Signs in with a password; must succeed. */
  login(identifier: string, password: string): Promise<{ token: string; session: Shown }>;
  whoami(token: string): Promise<Reply>;
}

export function nativeClient(api: IamApi): NativeClient {
  const headersOf = ({ token, headers = {} }: NativeOptions) => ({
    ...(token === undefined ? {} : { 'x-session-token': token }),
    ...headers,
  });
  const client: NativeClient = {
    begin: (kind, query = '', options = {}) =>
      api.get(`/self-service/${kind}/api${query}`, { key: null, headers: headersOf(options) }),
    submit: (kind, id, body, options = {}) =>
      api.post(`/self-service/${kind}?flow=${id}`, body, { key: null, headers: headersOf(options) }),
    async run(kind, body, options) {
      const flow = await client.begin(kind, '', options);
      assert.equal(flow.status, 200, flow.text);
      return client.submit(kind, flow.body.id, body, options);
    },
    async login(identifier, password) {
      const reply = await client.run('login', { method: 'password', identifier, password });
      assert.equal(reply.status, 200, reply.text);
      return { token: reply.body.session_token, session: reply.body.session };
    },
    whoami: (token) => api.get('/sessions/whoami', { key: null, headers: { 'x-session-token': token } }),
  };
  return client;
}

/** A browser: keeps cookies, follows no redirect. */
export interface Browser {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** As a page's script does it. */
  postJson(path: string, body: Body): Promise<Reply>;
  /** As a page without scripts does it. */
  postForm(path: string, fields: Readonly<Record<string, string>>): Promise<Reply>;
  /** A new flow as a page's script begins it. */
  begin(kind: FlowKindName, query?: string): Promise<Shown>;
}

export const JSON_ONLY = { accept: 'application/json' };

export function openBrowser(api: IamApi): Browser {
  const cookies = new Map<string, string>();
  const send = async (path: string, init: RequestInit): Promise<Reply> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie === '' ? {} : { cookie }), ...(init.headers as Record<string, string>) };
    const response = await fetch(`${api.server.url}${path}`, { ...init, headers, redirect: 'manual' });
    for (const set of response.headers.getSetCookie()) keep(cookies, set);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const body = isJson && text !== '' ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, body };
  };
  const browser: Browser = {
    cookies,
    get: (path, headers = {}) => send(path, { headers }),
    postJson: (path, body) =>
      send(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { ...JSON_ONLY, 'content-type': 'application/json' },
      }),
    postForm: (path, fields) =>
      send(path, {
        method: 'POST',
        body: new URLSearchParams(fields).toString(),
        headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
      }),
    async begin(kind, query = '') {
      const reply = await browser.get(`/self-service/${kind}/browser${query}`, JSON_ONLY);
      assert.equal(reply.status, 200, reply.text);
      return reply.body;
    },
  };
  return browser;
}

function keep(cookies: Map<string, string>, set: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
  if (/;\s*max-age=0(?:;|$)/i.test(set)) cookies.delete(name);
  else cookies.set(name, value);
}

/** The messages of a flow, on top and on its nodes, by id. */
export function messagesOf({ ui }: Shown): number[] {
  const texts = [...(ui.messages ?? []), ...ui.nodes.flatMap((node: Shown) => node.messages)];
  return texts.map(({ id }: Shown) => id);
}

/** The value of a flow's input. */
export function inputValue({ ui }: Shown, name: string): Shown {
  return ui.nodes.find(({ attributes }: Shown) => attributes.name === name)?.attributes.value;
}

/** `group name(type)` of each node. */
export function nodesOf({ ui }: Shown): string[] {
  return ui.nodes.map(
    ({ group, attributes }: Shown) =>
      `${group} ${attributes.name ?? attributes.id}(${attributes.type ?? attributes.node_type})`,
  );
}

/** Of one group, as `nodesOf`. */
export function groupOf(flow: Shown, group: string): string[] {
  return nodesOf(flow).filter((node) => node.startsWith(`${group} `));
}

/** What a session was signed in with: `password aal1`. */
export function methodsOf(session: Shown): string[] {
  return session.authentication_methods.map(({ method, aal }: Shown) => `${method} ${aal}`);
}

/** Raises a session of somebody who has signed in with a password. */
export async function showSecond(client: NativeClient, token: string, body: Body): Promise<Reply> {
  const flow = await client.begin('login', '?aal=aal2', { token });
  assert.equal(flow.status, 200, flow.text);
  return client.submit('login', flow.body.id, body, { token });
}

/** The code of the newest message to an address. Sends what waits. */
export async function codeSentTo(api: IamApi, address: string): Promise<string> {
  await api.server.runJob('courier');
  const folder = join(api.server.dataDir, 'outbox');
  const messages = readdirSync(folder)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const found = messages.filter(({ to }) => to === address).at(-1);
  assert.match(found?.code ?? '', /^\d{6}$/, `no code for ${address}`);
  return found.code;
}

/** Another code than this one. */
export function otherThan(code: string): string {
  return code === '000000' ? '000001' : '000000';
}
