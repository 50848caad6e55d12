import type { VerifiedUser } from '../../../core/identify/provider-ports.ts';
import type { ClaimNames } from '../../../core/identify/provider-settings.ts';
import { isObject, type JsonObject, subjectIn, textIn } from '../answers.ts';

const TEXT_MAX = 254;

/** OpenID Connect Core 1.0 section 5.1; where somebody is, and how old, has no claim of that kind. */
const STANDARD = { subject: 'sub', email: 'email', nickname: 'nickname', username: 'preferred_username' };

export type ClaimedProfile = Pick<
  VerifiedUser,
  'username' | 'nickname' | 'email' | 'emailIsVerified' | 'countryCode' | 'ageVerified'
>;

/** @throws ProviderError `invalid_token`. */
export function subjectOf(claims: JsonObject, names: ClaimNames = {}): string {
  return subjectIn(claimAt(claims, names.subject ?? STANDARD.subject));
}

/** What claims say of somebody; what is not of the right shape they do not say. */
export function profileOf(claims: JsonObject, names: ClaimNames = {}): ClaimedProfile {
  const { email, nickname, username } = { ...STANDARD, ...names };
  const text = (name: string): string | null => {
    const value = textIn(claimAt(claims, name));
    return value !== null && value.length <= TEXT_MAX ? value : null;
  };
  const address = text(email);
  const country = names.countryCode === undefined ? null : text(names.countryCode);
  const age = names.ageVerified === undefined ? undefined : claimAt(claims, names.ageVerified);
  return {
    ...present({ email: address, nickname: text(nickname), username: text(username) }),
    // It is said of the standard claim, and of no other.
    emailIsVerified: address !== null && email === STANDARD.email && isYes(claims.email_verified),
    ...(country !== null && /^[A-Za-z]{2}$/.test(country) ? { countryCode: country.toUpperCase() } : {}),
    ...(typeof age === 'boolean' ? { ageVerified: age } : {}),
  };
}

/** Whether claims say more of somebody than who it is. */
export function hasProfile(claims: JsonObject, names: ClaimNames = {}): boolean {
  const { email, nickname, username } = { ...STANDARD, ...names };
  return [email, nickname, username].some((name) => textIn(claimAt(claims, name)) !== null);
}

/** Names are taken as they are first, because those of Auth0 are addresses; then as steps with dots between. */
function claimAt(claims: JsonObject, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((node, step) => {
    return isObject(node) && Object.hasOwn(node, step) ? node[step] : undefined;
  }, claims);
}

/** Some providers write it as a text. */
function isYes(value: unknown): boolean {
  return value === true || value === 'true';
}

function present<Key extends string>(
  values: { readonly [K in Key]: string | null },
): { [K in Key]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as {
    [K in Key]?: string;
  };
}
