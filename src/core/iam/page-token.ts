import { isUuid } from '../../kit/ids.ts';
import { InvalidInput, SealBroken } from '../errors.ts';
import type { IdentityId, PoolVault } from '../ports.ts';

const SECTION_PAGE = 'identity-page';

/** @param last Of the page before. */
export function sealPageToken(vault: PoolVault, last: IdentityId): string {
  return vault.seal(SECTION_PAGE, Buffer.from(last)).toString('base64url');
}

/** @throws InvalidInput Not one that this pool gave, at path `page_token`. */
export function openPageToken(vault: PoolVault, token: string): IdentityId {
  try {
    const id = vault.open(SECTION_PAGE, Buffer.from(token, 'base64url')).toString('utf8');
    if (isUuid(id)) return id as IdentityId;
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
  }
  const message = 'must be one that was given; do not craft your own page tokens';
  throw new InvalidInput([{ path: ['page_token'], code: 'invalid', message }]);
}
