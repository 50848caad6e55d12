import type { Surroundings } from './command.ts';
import { table } from './table.ts';

/** What the routes under `/review` reply with, as far as it is shown here. */
interface QueueEntry {
  readonly verificationId: string;
  readonly identityId: string;
  readonly provider: string;
  readonly type: string;
  readonly status: string;
  readonly exceptions: readonly string[];
  readonly risk: string | null;
  readonly since: string;
}

export interface ReviewCase extends QueueEntry {
  readonly revision: number;
  readonly validUntil: string | null;
  readonly checks: readonly {
    readonly code: string;
    readonly result: string;
    readonly detail: string | null;
  }[];
  readonly identity: {
    readonly name: string | null;
    readonly birthday: string | null;
    readonly email: string | null;
  };
  readonly documents: readonly { readonly type: string; readonly side: string; readonly link: string }[];
  readonly faceImages: readonly { readonly link: string }[];
}

export interface QueuePage {
  readonly data: readonly QueueEntry[];
  readonly next: string | null;
}

export function printQueue({ data, next }: QueuePage, { out }: Surroundings): void {
  if (data.length === 0) {
    out('Nothing waits.');
    return;
  }
  const rows = data.map(({ verificationId, provider, type, risk, since, exceptions }) => [
    ...[verificationId, provider, type, risk ?? '', since, exceptions.join(' ')],
  ]);
  for (const line of table([['VERIFICATION', 'PROVIDER', 'TYPE', 'RISK', 'SINCE', 'EXCEPTIONS'], ...rows]))
    out(line);
  if (next !== null) out(`More: --after ${next}`);
}

/** A case with its checks, and links to its files. */
export function printCase(data: ReviewCase, { out }: Surroundings): void {
  const { name, birthday, email } = data.identity;
  const facts = [
    ['Verification', data.verificationId],
    ['Identity', data.identityId],
    ['Provider', data.provider],
    ['Status', `${data.status} since ${data.since}`],
    ['Exceptions', data.exceptions.join(' ')],
    ['Risk', data.risk ?? 'none'],
    ['Valid until', data.validUntil ?? 'unknown'],
    ['Revision', `${data.revision}`],
    ...[
      ['Type', data.type],
      ['Name', name ?? ''],
      ['Birthday', birthday ?? ''],
      ['E-mail', email ?? ''],
    ],
  ];
  const checks = data.checks.map(({ code, result, detail }) => [code, result, detail ?? '']);
  const files = [
    ...data.documents.map(({ type, side, link }) => [`${type} ${side}`, link]),
    ...data.faceImages.map(({ link }) => ['face', link]),
  ];
  for (const line of table(facts)) out(line);
  if (checks.length > 0)
    for (const line of ['', ...table([['CHECK', 'RESULT', 'DETAIL'], ...checks])]) out(line);
  if (files.length > 0) for (const line of ['', ...table([['FILE', 'LINK'], ...files])]) out(line);
}
