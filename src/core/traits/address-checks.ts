import { UNCHECKED } from './derive.ts';
import type { MarkedValue } from './marked-values.ts';
import { normaliseAddress } from './normalise-identifier.ts';
import { pointerTo } from './pointer.ts';
import type { Channel, PhoneNumbers, Violation } from './ports.ts';
import { formatWording } from './violations.ts';

const FORMAT_OF: Readonly<Record<Channel, string>> = { email: 'email', sms: 'tel' };

/**
 * The checks of contract iam 5 that go beyond the schema's own: whatever messages are sent to must be an address of
 * their channel. A text message without `format: tel` is an error whatever the value, since nothing was checked when
 * it was typed in; what is of the format `no-validate` is checked by nothing but the schema.
 */
export function addressViolations(phones: PhoneNumbers, values: readonly MarkedValue[]): Violation[] {
  const checked = values.filter(({ format }) => format !== UNCHECKED);
  return checked.flatMap((one) => {
    const { verification, recovery, code } = one.marks;
    const required = [recovery, code].filter((via) => via !== null);
    const found = [
      ...(verification === null ? [] : verifiableProblems(phones, verification, one)),
      ...required.flatMap((via) => invalid(phones, via, one)),
    ];
    return found.filter(({ text }, index) => found.findIndex((other) => other.text === text) === index);
  });
}

function verifiableProblems(phones: PhoneNumbers, via: Channel, one: MarkedValue): Violation[] {
  const wanted = FORMAT_OF[via];
  if (one.format === wanted || (one.format === null && via === 'email')) return invalid(phones, via, one);
  const text =
    one.format === null
      ? `needs the format "${wanted}" or "${UNCHECKED}" in the schema, because it is verified`
      : `of the format "${one.format}" cannot be verified by ${via}`;
  return [{ ...placeOf(one), messageId: 4000001, text }];
}

function invalid(phones: PhoneNumbers, via: Channel, one: MarkedValue): Violation[] {
  if (normaliseAddress(phones, via, one.value) !== null) return [];
  return [{ ...placeOf(one), ...formatWording(FORMAT_OF[via]) }];
}

function placeOf({ path, pointer }: MarkedValue): Omit<Violation, 'messageId' | 'text'> {
  return {
    instancePath: path,
    schemaPath: `#${pointerTo(pointer, 'format')}`,
    keyword: 'format',
    params: {},
  };
}
