import { InvalidInput } from '../errors.ts';
import type { IamRecord } from '../iam/record.ts';
import type { SessionView } from '../sessions/view.ts';
import { claimsFor } from './claims.ts';
import type { TokenTemplate } from './config.ts';
import { openSigningKey, type SigningNeeds } from './signing-keys.ts';

/**
 * A JSON Web Token that tells of a session, for services that do not ask here: whoever has it is believed until it is
 * over, also when the session ends before that. Nothing is kept of it.
 *
 * @param input.template Name of a template of the pool.
 * @param input.issuer Where the pool is reached from outside; its public keys are below.
 * @throws InvalidInput No such template, or one whose `sub` the identity does not have; at path `tokenize_as`.
 * @see Contract iam 6.5; RFC 7519, RFC 7515.
 */
export async function issueToken(
  deps: SigningNeeds,
  input: {
    readonly template: string;
    readonly issuer: string;
    readonly session: SessionView;
    readonly record: IamRecord;
  },
): Promise<string> {
  const { session, record, issuer } = input;
  const { poolId } = record.stored;
  const template = record.config.iam.tokenTemplates.find(({ name }) => name === input.template);
  if (template === undefined) throw refused('must be a template of the pool');
  const seconds = Math.floor(deps.clock.now().getTime() / 1000);
  const claims = {
    ...claimsFor(template.claims, { session, record }),
    jti: deps.ids.next(),
    iss: issuer,
    sub: subjectOf(template, record),
    sid: session.id,
    iat: seconds,
    nbf: seconds,
    exp: seconds + template.ttlSeconds,
  };
  const { id: kid, privateKey } = await openSigningKey(deps, poolId);
  const text = `${encode({ alg: 'ES256', typ: 'JWT', kid })}.${encode(claims)}`;
  const signature = deps.tokenSigner.sign(privateKey, text);
  privateKey.fill(0);
  return `${text}.${signature.toString('base64url')}`;
}

/** @throws InvalidInput */
function subjectOf({ subject }: TokenTemplate, { stored, profile }: IamRecord): string {
  if (subject === 'id') return stored.id;
  const { externalId } = profile.iam ?? {};
  if (externalId === undefined) throw refused('needs an external id, which the identity does not have');
  return externalId;
}

function encode(part: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function refused(message: string): InvalidInput {
  return new InvalidInput([{ path: ['tokenize_as'], code: 'invalid', message }]);
}
