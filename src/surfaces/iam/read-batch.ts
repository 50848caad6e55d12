import Type, { type Static } from 'typebox';
import { type FieldPath, InvalidInput } from '../../core/errors.ts';
import type { NewIamIdentity } from '../../core/iam/input.ts';
import { parse } from '../../http/parse.ts';
import { toNewIdentity } from './read-identity.ts';
import { CreateBody } from './wire.ts';

const ITEMS_MAX = 1000;
/** Hashing takes as long as it must; more passwords would keep others waiting. */
const CLEARTEXT_MAX = 200;

const strict = { additionalProperties: false } as const;

/** Contract iam 4.1, "Batch PATCH": strict. */
export const BatchBody = Type.Object(
  {
    identities: Type.Optional(
      Type.Array(
        Type.Object(
          {
            create: Type.Optional(Type.Union([CreateBody, Type.Null()])),
            patch_id: Type.Optional(Type.Union([Type.String({ format: 'uuid' }), Type.Null()])),
          },
          strict,
        ),
        { maxItems: ITEMS_MAX },
      ),
    ),
  },
  strict,
);

export interface BatchItem {
  /** Null: nothing is asked for. */
  readonly create: NewIamIdentity | null;
  /** The caller's own name of the item. */
  readonly patchId: string | null;
}

/** @throws InvalidInput Whatever is wrong in any item but its traits: then nothing is made. */
export function readBatch(body: unknown, now: Date): BatchItem[] {
  requireFew(body);
  const { identities = [] } = parse(BatchBody, body);
  const items = identities.map((item, index) => readItem(item, index, now));
  const inClear = items.filter(({ create }) => create?.credentials.password?.password !== undefined);
  if (inClear.length > CLEARTEXT_MAX)
    throw wrong(['identities'], `must have at most ${CLEARTEXT_MAX} passwords in clear`);
  return items;
}

type Item = NonNullable<Static<typeof BatchBody>['identities']>[number];

function readItem({ create, patch_id: patchId }: Item, index: number, now: Date): BatchItem {
  try {
    const made = create === undefined || create === null ? null : toNewIdentity(create, now);
    return { create: made, patchId: patchId ?? null };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const at = ['identities', index, 'create'];
    throw new InvalidInput(error.problems.map((problem) => ({ ...problem, path: [...at, ...problem.path] })));
  }
}

/** Before any of them is looked at, so that too many cost nothing. */
function requireFew(body: unknown): void {
  if (typeof body !== 'object' || body === null || !('identities' in body)) return;
  if (Array.isArray(body.identities) && body.identities.length > ITEMS_MAX)
    throw wrong(['identities'], `must be at most ${ITEMS_MAX}`);
}

function wrong(path: FieldPath, message: string): InvalidInput {
  return new InvalidInput([{ path, code: 'invalid', rule: 'length', message }]);
}
