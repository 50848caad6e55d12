import type { MarkedValue } from './marked-values.ts';
import { normaliseAddress, normaliseIdentifier } from './normalise-identifier.ts';
import type {
  Channel,
  Derived,
  DerivedAddress,
  DerivedIdentifier,
  PhoneNumbers,
  TraitPath,
  Traits,
} from './ports.ts';

/** The format of an address that is taken as it comes, only trimmed (contract iam 5). */
export const UNCHECKED = 'no-validate';

/** What marked values amount to; values that are no identifier or address are passed over. */
export function derive(phones: PhoneNumbers, values: readonly MarkedValue[]): Derived {
  const first = (name: 'totpName' | 'passkeyName'): string | null =>
    values.find(({ marks }) => marks[name])?.value ?? null;
  return {
    identifiers: distinct(
      values.flatMap((one) => identifiersOf(phones, one)),
      (one) => `${one.type} ${one.via}`,
    ),
    verifiable: distinct(
      values.flatMap(({ marks, format, value }) => addressOf(phones, marks.verification, value, format)),
      ({ via }) => via,
    ),
    recovery: distinct(
      values.flatMap(({ marks, format, value }) => addressOf(phones, marks.recovery, value, format)),
      ({ via }) => via,
    ),
    totpAccountName: first('totpName'),
    passkeyDisplayName: first('passkeyName'),
    organizationDomains: [
      ...new Set(values.flatMap(({ marks, value }) => (marks.organization ? domainsOf(phones, value) : []))),
    ],
  };
}

function identifiersOf(phones: PhoneNumbers, { marks, format, value }: MarkedValue): DerivedIdentifier[] {
  const normal = normaliseIdentifier(phones, value);
  if (normal === null) return [];
  return [
    ...(marks.password ? [{ type: 'password', value: normal } as const] : []),
    ...(marks.webauthn ? [{ type: 'webauthn', value: normal } as const] : []),
    ...addressOf(phones, marks.code, value, format).map(
      ({ via }) => ({ type: 'code', via, value: normal }) as const,
    ),
  ];
}

function addressOf(
  phones: PhoneNumbers,
  via: Channel | null,
  text: string,
  format: string | null,
): DerivedAddress[] {
  if (via === null) return [];
  const value = format === UNCHECKED ? text.trim() : normaliseAddress(phones, via, text);
  return value === null || value === '' ? [] : [{ via, value }];
}

function domainsOf(phones: PhoneNumbers, text: string): string[] {
  const email = normaliseAddress(phones, 'email', text);
  return email === null ? [] : [email.slice(email.lastIndexOf('@') + 1)];
}

function distinct<One extends { readonly value: string }>(
  all: readonly One[],
  kindOf: (one: One) => string,
): readonly One[] {
  if (all.length < 2) return all;
  const seen = new Set<string>();
  return all.filter((one) => {
    const key = `${kindOf(one)} ${one.value}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Rewrites the phone numbers that messages go to; a text of the format `no-validate` stays what it is. */
export function normalisePhones(
  phones: PhoneNumbers,
  traits: Traits,
  values: readonly MarkedValue[],
): Traits {
  return values.reduce<Traits>((rewritten, { marks, format, value, path: [, ...path] }) => {
    const { verification, code, recovery } = marks;
    if (format === UNCHECKED || ![verification, code, recovery].includes('sms')) return rewritten;
    const number = phones.toE164(value);
    return number === null || number === value ? rewritten : (replaceAt(rewritten, path, number) as Traits);
  }, traits);
}

function replaceAt(node: unknown, [key, ...below]: TraitPath, value: string): unknown {
  if (key === undefined) return value;
  if (Array.isArray(node))
    return node.map((child, index) => (index === key ? replaceAt(child, below, value) : child));
  const object = node as Traits;
  return Object.fromEntries(
    Object.entries(object).map(([name, child]) => [
      name,
      name === key ? replaceAt(child, below, value) : child,
    ]),
  );
}
