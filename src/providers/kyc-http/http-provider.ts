import { type FieldProblem, InvalidInput, Unavailable, UnreadableBody } from '../../core/errors.ts';
import { CallbackRefused } from '../../core/kyc/callback-address.ts';
import type {
  KycProvider,
  KycReport,
  KycState,
  OperationRule,
  ProviderVerdict,
} from '../../core/kyc/provider.ts';
import type { Clock } from '../../core/ports.ts';
import { isUuid } from '../../kit/ids.ts';
import type { GuardedClient, GuardedResponse } from '../net/guarded-client.ts';
import { cancelMessage, caseMessage } from './messages.ts';
import { problemsOf, REPORT_FIELDS, readObject, readReference, readReport } from './read-report.ts';
import { SIGNATURE_HEADER, signatureOf, verifySignature } from './signature.ts';

/** What may be said of a case that was just submitted. */
const ANSWERED: readonly KycState[] = ['pending', 'exception', 'approved', 'rejected'];
/** Later also that evidence does not hold any more. */
const REPORTED: readonly KycState[] = [...ANSWERED, 'expired'];
const REVISION_MAX = 2 ** 31 - 1;

/**
 * A service of the operator's, or of a vendor, that decides on cases: docs/kyc-provider.md. A case goes out as one
 * signed request; the verdict is the answer to it, or comes later as a signed notice. Whatever else is answered is
 * thrown, without a word of it, and tried again.
 *
 * @param client Bounds time and size, and where to.
 */
export function createHttpProvider({
  slug,
  operations,
  url,
  secret,
  callbackUrl,
  client,
  clock,
}: {
  readonly slug: string;
  readonly operations: readonly OperationRule[];
  readonly url: string;
  readonly secret: string;
  readonly callbackUrl: string;
  readonly client: GuardedClient;
  readonly clock: Clock;
}): KycProvider {
  const post = (body: string): Promise<GuardedResponse> =>
    client.request({
      ...{ method: 'POST', url, body },
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Selfsame-KYC/1',
        [SIGNATURE_HEADER]: signatureOf(secret, body, clock.now()),
      },
    });
  return {
    slug,
    operations,
    async submit(submission) {
      const { status, body } = await post(await caseMessage(submission, callbackUrl));
      if (status === 202) return acceptedIn(body);
      if (status === 200) return reportIn(body);
      throw new Unavailable(`the KYC provider answered ${status}`);
    },
    async callback({ attributes, raw }) {
      const header = attributes[SIGNATURE_HEADER];
      const sentAt = verifySignature(secret, { header, body: raw, now: clock.now() });
      if (sentAt === null) throw new CallbackRefused('a signature that is wrong, or too old');
      return verdictIn(Buffer.from(raw), sentAt);
    },
    async cancel(externalRef) {
      const { status } = await post(cancelMessage(externalRef));
      const isGone = status === 404 || status === 410;
      if (!isGone && (status < 200 || status > 299))
        throw new Unavailable(`the KYC provider answered ${status} to a cancellation`);
    },
  };
}

/** @throws Unavailable */
function acceptedIn(body: Buffer): KycReport {
  let externalRef: string | null = null;
  const problems = problemsOf((refuse) => {
    const accepted = readObject(parse(body), [], ['externalRef'], refuse);
    externalRef = readReference(accepted?.externalRef, refuse);
  });
  requireNone(problems);
  return { state: 'pending', exceptions: [], checks: [], risk: null, externalRef };
}

/** @throws Unavailable */
function reportIn(body: Buffer): KycReport {
  let report: KycReport | null = null;
  const problems = problemsOf((refuse) => {
    const sent = readObject(parse(body), [], REPORT_FIELDS, refuse);
    if (sent !== null) report = readReport(sent, ANSWERED, refuse);
  });
  requireNone(problems);
  if (report === null) throw new Unavailable('the KYC provider answered no report');
  return report;
}

/** @throws UnreadableBody @throws InvalidInput Every problem at once. */
function verdictIn(raw: Buffer, sentAt: Date): ProviderVerdict {
  const sent = parse(raw);
  if (sent === undefined) throw new UnreadableBody('The body must be JSON.');
  let verdict: ProviderVerdict | null = null;
  const problems = problemsOf((refuse) => {
    const names = ['verificationId', 'revision', ...REPORT_FIELDS];
    const notice = readObject(sent, [], names, refuse);
    if (notice === null) return;
    const { verificationId, revision } = notice;
    const isId = typeof verificationId === 'string' && isUuid(verificationId);
    if (!isId) refuse(['verificationId'], 'must be the id of a verification');
    const isRevision =
      Number.isInteger(revision) && Number(revision) >= 0 && Number(revision) <= REVISION_MAX;
    if (!isRevision) refuse(['revision'], 'must be the revision that was submitted');
    const report = readReport(notice, REPORTED, refuse);
    if (isId && isRevision) verdict = { verificationId, revision: Number(revision), report, sentAt };
  });
  if (problems.length > 0 || verdict === null) throw new InvalidInput(problems);
  return verdict;
}

/** Undefined where it is no JSON: the parser's own message quotes the text. */
function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Names what is wrong by paths of ours. @throws Unavailable */
function requireNone(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  const places = problems.map(({ path }) => (path.length === 0 ? 'as a whole' : path.join('.')));
  throw new Unavailable(`the KYC provider's answer is not valid: ${[...new Set(places)].join(', ')}`);
}
