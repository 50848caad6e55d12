import assert from 'node:assert/strict';
import { nativeClient } from './flows.ts';
import { type IamApi, newEmail, type Shown } from './iam.ts';
import type { Reply } from './server.ts';

export const PASSWORD = 'a quiet harbour in June';

/** Somebody who has just signed in with a password. */
export interface SignedInPerson {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

/** Settings as a native client goes through them. */
export interface SettingsClient {
  /** @param traits Beside the e-mail address. */
  somebody(more?: { credentials?: Shown; traits?: Shown; schema?: string }): Promise<SignedInPerson>;
  /** A new flow; must succeed. */
  begin(person: Pick<SignedInPerson, 'token'>, query?: string): Promise<Shown>;
  submit(flow: Shown, body: object, person: Pick<SignedInPerson, 'token'>): Promise<Reply>;
  /** A new flow, submitted once. */
  run(body: object, person: Pick<SignedInPerson, 'token'>): Promise<Reply>;
  read(flow: Shown, person: Pick<SignedInPerson, 'token'>): Promise<Reply>;
}

export function settingsOf(api: IamApi): SettingsClient {
  const client = nativeClient(api);
  const settings: SettingsClient = {
    async somebody({ credentials = {}, traits = {}, schema = 'default' } = {}) {
      const email = newEmail();
      const { id } = await api.create({
        schema_id: schema,
        traits: { email, ...traits },
        credentials: { password: { config: { password: PASSWORD } }, ...credentials },
      });
      const { token } = await client.login(email, PASSWORD);
      return { id, email, token };
    },
    async begin({ token }, query = '') {
      const reply = await client.begin('settings', query, { token });
      assert.equal(reply.status, 200, reply.text);
      return reply.body;
    },
    submit: (flow, body, { token }) => client.submit('settings', flow.id, body as never, { token }),
    run: async (body, person) => settings.submit(await settings.begin(person), body, person),
    read: ({ id }, { token }) =>
      api.get(`/self-service/settings/flows?id=${id}`, { key: null, headers: { 'x-session-token': token } }),
  };
  return settings;
}

/** A change was saved. */
export function assertSaved(reply: Reply): void {
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.body.state, 'success', reply.text);
  assert.deepEqual(
    reply.body.ui.messages.map(({ id }: Shown) => id),
    [1050001],
    reply.text,
  );
}

/** The text of a flow's text node. */
export function textOfNode({ ui }: Shown, id: string): Shown {
  return ui.nodes.find(({ attributes }: Shown) => attributes.id === id)?.attributes.text;
}
