import { InvalidInput } from '../errors.ts';
import { type ChangeNeeds, changeRecord } from '../identities/change.ts';
import type { Changed } from '../identities/revision.ts';
import type { RequestContext } from '../ports.ts';
import { findRecord, requireWritable } from './find-record.ts';

export const TAGS_MAX = 50;

/** What becomes of the tags, given those that are there. */
export type TagChange =
  | { readonly kind: 'add' | 'remove'; readonly tag: string }
  | { readonly kind: 'set'; readonly tags: readonly string[] };

/**
 * Adds, removes or replaces tags; an event for each that really came or went, none for what changes nothing.
 *
 * @throws NotFound @throws WrongState Redacted or merged. @throws InvalidInput More than 50.
 * @see Contract verification 3.8.
 */
export async function setTags(
  deps: ChangeNeeds,
  context: RequestContext,
  reference: string,
  change: TagChange,
): Promise<Changed> {
  const find = () => findRecord(deps, context.principal, reference);
  const outcome = await changeRecord(deps, context, find, ({ stored, profile }) => {
    requireWritable(stored);
    const before = profile.tags ?? [];
    const after = applied(before, change);
    if (after.length > TAGS_MAX) {
      const message = `an identity has at most ${TAGS_MAX} tags`;
      throw new InvalidInput([{ path: [change.kind === 'set' ? 'tags' : 'tag'], code: 'invalid', message }]);
    }
    const added = after.filter((tag) => !before.includes(tag));
    const removed = before.filter((tag) => !after.includes(tag));
    const isReordered = after.some((tag, index) => tag !== before[index]);
    if (added.length + removed.length === 0 && !isReordered) return null;
    return {
      action: 'identity.tagged',
      events: [...added.map(() => 'identity.tag_added'), ...removed.map(() => 'identity.tag_removed')],
      fields: ['tags'],
      profile: { ...profile, tags: after },
    };
  });
  if (!('made' in outcome)) throw new TypeError('tags are set without an idempotency key');
  return outcome.made;
}

function applied(before: readonly string[], change: TagChange): string[] {
  if (change.kind === 'set') return [...new Set(change.tags)];
  const others = before.filter((tag) => tag !== change.tag);
  if (change.kind === 'remove') return others;
  return before.includes(change.tag) ? [...before] : [...before, change.tag];
}
