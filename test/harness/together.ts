import assert from 'node:assert/strict';
import { type IamApi, iamOf } from './iam.ts';
import { type Operation, type Patches, patchesOf } from './iam-patches.ts';
import { type KycApi, kycOf } from './kyc.ts';
import { toVerification } from './kyc-ids.ts';
import { emailFactor, type PoolsApi, startPools } from './pools.ts';
import type { Reply } from './server.ts';
import { placedOf, type VerificationApi, verificationOf } from './verification.ts';

// biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
type Shown = any;

/** Every surface of one server. Identities are named by their UUID. */
export interface Together extends AsyncDisposable {
  readonly iam: IamApi;
  readonly kyc: KycApi;
  readonly verification: VerificationApi;
  readonly pools: PoolsApi;
  readonly send: Patches['send'];
  /** JSON Patch, which must succeed. */
  patch(id: string, ...operations: Operation[]): Promise<Shown>;
  /** PUT on iam, which must succeed. */
  put(id: string, body: unknown): Promise<Shown>;
  /** POST on pools, of an identity with this e-mail. */
  onPools(email: string): Promise<Reply>;
  emailOnPools(id: string): Promise<Shown>;
  /** The id as pools spells it. */
  placed(id: string): string;
}

export async function startTogether(): Promise<Together> {
  const pools = await startPools();
  const { server, account } = pools;
  const [iam, kyc, verification] = await Promise.all([iamOf(server), kycOf(server), verificationOf(server)]);
  const { send, patch } = patchesOf(iam);
  const placed = (id: string) => placedOf(toVerification(id), account.poolId);
  return {
    ...{ iam, kyc, verification, pools, send, patch, placed },
    put: async (id, body) => done(await iam.put(`/admin/identities/${id}`, body)),
    onPools: (email) => pools.post('/identity', { pool_id: account.poolId, factors: [emailFactor(email)] }),
    async emailOnPools(id) {
      const { factors } = await pools.identity(placed(id));
      return factors.find(({ name }: Shown) => name === 'email')?.value;
    },
    [Symbol.asyncDispose]: () => pools.close(),
  };
}

/** The body of a success. */
export function done({ status, text, body }: Reply): Shown {
  assert.ok(status < 300, text);
  return body;
}
