export const URL_LENGTH_MAX = 2048;

/**
 * Whether an address is one that this server may be told to send to, as far as its text says: https (or http where that
 * is allowed), without credentials, of at most 2048 characters. What its host resolves to is looked at for each request.
 */
export function isOutgoingUrl(value: string, { allowsHttp }: { readonly allowsHttp: boolean }): boolean {
  if (value.length > URL_LENGTH_MAX || !value.isWellFormed() || /[\p{Cc}\s]/u.test(value)) return false;
  const url = URL.parse(value);
  const isAllowed = url?.protocol === 'https:' || (allowsHttp && url?.protocol === 'http:');
  return url !== null && isAllowed && url.username === '' && url.password === '';
}

/** For the person who gave another one. */
export function outgoingUrlRule({ allowsHttp }: { readonly allowsHttp: boolean }): string {
  const schemes = allowsHttp ? 'an http or https' : 'an https';
  return `must be ${schemes} URL without credentials, of at most ${URL_LENGTH_MAX} characters`;
}
