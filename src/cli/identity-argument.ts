import type { IdentityId } from '../core/ports.ts';
import { isUuid, parsePlaced, parseTagged } from '../kit/ids.ts';
import { UsageError } from './command.ts';

/**
 * @param text An identity's id in any surface's spelling.
 * @param what How to name it: `--identity`.
 * @throws UsageError
 */
export function readIdentityId(text: string, what: string): IdentityId {
  const id = text.trim().toLowerCase();
  if (isUuid(id)) return id as string as IdentityId;
  const placed = parsePlaced(id);
  const uuid = placed?.type === 'identity' ? placed.uuid : parseTagged(id, 'idn');
  if (uuid === null)
    throw new UsageError(`${what} must be a UUID, or an id as pools or verification has it.`);
  return uuid as string as IdentityId;
}
