import assert from 'node:assert/strict';
import { codeSentTo, nativeClient } from './flows.ts';
import type { IamApi, Shown } from './iam.ts';
import type { Reply } from './server.ts';

/** Recovery and verification as a native client goes through them. */
export interface CodeFlows {
  begin(): Promise<Shown>;
  /** With `method=code`, unless the body says otherwise. */
  submit(flow: string, body: object): Promise<Reply>;
  /** A flow that has sent its code. @returns Its id. */
  asked(email: string): Promise<string>;
  /** A flow that has sent its code, and the code. */
  sent(email: string): Promise<{ flow: string; code: string }>;
  whoami(token: string): Promise<Reply>;
}

export function codeFlows(api: IamApi, kind: 'recovery' | 'verification'): CodeFlows {
  const client = nativeClient(api);
  const flows: CodeFlows = {
    async begin() {
      const { body, status, text } = await client.begin(kind);
      assert.equal(status, 200, text);
      return body;
    },
    submit: (flow, body) => client.submit(kind, flow, { method: 'code', ...body }),
    async asked(email) {
      const { id } = await flows.begin();
      const reply = await flows.submit(id, { email });
      assert.equal(reply.status, 200, reply.text);
      return id;
    },
    sent: async (email) => ({ flow: await flows.asked(email), code: await codeSentTo(api, email) }),
    whoami: client.whoami,
  };
  return flows;
}

/** What an administrator is given for a person. */
export async function codeOfAdministrator(
  api: IamApi,
  identityId: string,
  more: object = {},
): Promise<{ flow: string; code: string }> {
  const reply = await api.post('/admin/recovery/code', { identity_id: identityId, ...more });
  assert.equal(reply.status, 201, reply.text);
  const flow = new URL(reply.body.recovery_link).searchParams.get('flow') ?? '';
  return { flow, code: reply.body.recovery_code };
}

/** The token in what a client may do next. */
export function tokenIn({ body }: Reply): string {
  const item = body.continue_with.find(({ action }: Shown) => action === 'set_ory_session_token');
  return item.ory_session_token;
}
