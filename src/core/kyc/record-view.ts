import { type AttributeName, readAttribute } from '../identities/attributes.ts';
import { homesOf } from '../identities/factors.ts';
import { legalNameOf } from '../identities/set-attributes.ts';
import type { Standing } from '../identities/standing.ts';
import type { OpenedIdentity } from '../identities/view.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { KycType } from './identity-input.ts';
import type { Gender } from './provider.ts';

/** A record as the kyc surface knows it. Personal data. Whatever nobody supplied yet is null (R11). */
export interface KycView {
  readonly type: KycType;
  readonly name: string | null;
  readonly email: string | null;
  readonly birthday: string | null;
  readonly gender: Gender | null;
  readonly phoneSms: boolean;
  read(name: AttributeName): string | null;
}

/** A record that no surface gave a type is a person's. */
export function typeOf({ type }: Standing): KycType {
  return type ?? 'person';
}

/** @returns Free text of another surface that is none of the words reads as `undefined` (DESIGN 4). */
export function genderOf(text: string | null): Gender | null {
  if (text === null) return null;
  const word = text.trim().toLowerCase();
  return word === 'male' || word === 'female' ? word : 'undefined';
}

export function viewRecord(
  config: PoolConfig,
  { stored, profile }: Pick<OpenedIdentity, 'stored' | 'profile'>,
): KycView {
  const homes = homesOf(config, stored.schemaId);
  const read = (name: AttributeName) => (profile === null ? null : readAttribute(profile, homes, name));
  return {
    type: typeOf(stored.standing),
    name: legalNameOf(read),
    email: read('email'),
    birthday: read('birthdate'),
    gender: genderOf(read('gender')),
    phoneSms: profile?.kyc?.phoneSms ?? false,
    read,
  };
}
