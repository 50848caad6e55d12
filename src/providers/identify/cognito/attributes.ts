import type { AttributeType } from '@aws-sdk/client-cognito-identity-provider';
import type { ProviderProfile, VerifiedUser } from '../../../core/identify/provider-ports.ts';

const CUSTOM = 'custom:';

/** E-mails are user names: one spelling of each, so that two letter cases are one account (contract identify 3.1). */
export function usernameOf(email: string): string {
  return email.trim().toLowerCase();
}

/** What Cognito keeps; `username` and `appProfile` stay with us. */
export function attributesOf({ email, nickname, attributes = {} }: ProviderProfile): AttributeType[] {
  const values = {
    ...(email === undefined ? {} : { email: usernameOf(email) }),
    ...(nickname === undefined ? {} : { nickname }),
    ...attributes,
  };
  return Object.entries(values).map(([Name, Value]) => ({ Name, Value }));
}

export function profileIn(
  attributes: readonly AttributeType[],
): Pick<VerifiedUser, 'email' | 'emailIsVerified' | 'nickname' | 'attributes'> {
  const values = new Map(attributes.map(({ Name, Value }) => [Name ?? '', Value ?? '']));
  const [email, nickname] = [values.get('email'), values.get('nickname')];
  return {
    ...(email === undefined || email === '' ? {} : { email }),
    ...(nickname === undefined || nickname === '' ? {} : { nickname }),
    emailIsVerified: values.get('email_verified') === 'true',
    attributes: Object.fromEntries([...values].filter(([name]) => name.startsWith(CUSTOM))),
  };
}
