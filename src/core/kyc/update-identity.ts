import type { Deps } from '../deps.ts';
import { AlreadyConfirmed, type FieldProblem, InvalidInput } from '../errors.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { Profile } from '../identities/profile.ts';
import type { Changing, Revision } from '../identities/revision.ts';
import { setAttributes } from '../identities/set-attributes.ts';
import { type Standing, standingOf } from '../identities/standing.ts';
import type { IdentityId, PoolId, RequestContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { changeWithin, openWithin, together } from '../records.ts';
import { attachDocuments } from './attach-documents.ts';
import { requireFreeEmail } from './create-identity.ts';
import type { Documented } from './documents.ts';
import { findKycRecord, findOwners } from './find-identity.ts';
import { OwnerNotPerson } from './identity-errors.ts';
import {
  attributesOf,
  FIELD_OF_ATTRIBUTE,
  type KycInput,
  type Presence,
  type TypeFacts,
  typeProblems,
} from './identity-input.ts';
import { askAgain } from './open-cases.ts';
import { findOwner, requirePerson } from './owners.ts';
import { type KycView, viewRecord } from './record-view.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'records' | 'storage'>;

/** What a change depends on beside its own record; read anew for each try. */
interface Surroundings {
  /** The stored owner, where that one is still there. */
  readonly owner: IdentityId | null;
  readonly emailProblem: unknown;
  /** The owner that was sent, or why there is none. */
  readonly newOwner: StoredIdentity | { readonly problem: unknown } | null;
  readonly ownsCompanies: boolean;
}

/**
 * Changes what is sent and attaches what was uploaded, all or nothing, in one transaction; what is sent again unchanged
 * changes nothing. Completes records that were made on other surfaces (R11).
 *
 * @throws NotFound @throws InvalidInput What the type needs is missing in the outcome. @throws EmailTaken
 * @throws OwnerNotFound @throws AlreadyConfirmed @throws OwnerNotPerson
 * @throws InvalidInput An address is of no upload that is still to be had. In this order.
 * @see Contract kyc 3.4; DESIGN R1, R3.
 */
export async function updateKycIdentity(
  deps: Needs,
  context: RequestContext,
  id: IdentityId,
  input: KycInput,
): Promise<Documented> {
  const { principal } = context;
  return together(deps, async (tx) => {
    const ownsCompanies = await holdOwnership(tx, principal.poolId, id, input);
    const changing = openWithin(deps, await findKycRecord(tx, principal, id));
    const around = { ...(await lookAround(tx, changing, input)), ownsCompanies };
    const revision = reviseRecord(deps, changing, input, around);
    const attached = await attachDocuments(tx, deps, changing, input);
    const fields = [...revision.fields, ...attached.fields];
    const change = fields.length === 0 ? null : { ...revision, fields };
    const identity = await changeWithin(tx, deps, context, changing, change);
    await askAgain(tx, deps, context, identity, fields);
    return { identity, documents: attached.documents };
  });
}

/**
 * A type and an owner are changed one after the other, however many come at once: a company whose owner becomes one
 * would be seen by neither.
 * @returns Whether a record that is to become a company owns others.
 */
async function holdOwnership(
  tx: Pick<RecordStores, 'merges' | 'kycIdentities'>,
  poolId: PoolId,
  id: IdentityId,
  { type, identityOwner }: KycInput,
): Promise<boolean> {
  const owner = typeof identityOwner === 'string' ? [identityOwner as IdentityId] : [];
  if (type === 'company' || owner.length > 0) await tx.merges.lockIdentities(poolId, [id, ...owner]);
  return type === 'company' && (await tx.kycIdentities.ownsCompanies(poolId, id));
}

async function lookAround(
  tx: Pick<RecordStores, 'identities'>,
  { stored, vault }: Changing,
  { email, identityOwner }: KycInput,
): Promise<Omit<Surroundings, 'ownsCompanies'>> {
  const { poolId, id } = stored;
  const owners = await findOwners(tx, poolId, [stored]);
  const emailProblem =
    email === undefined
      ? null
      : await requireFreeEmail(tx, { poolId, vault }, email, id).then(
          () => null,
          (problem: unknown) => problem,
        );
  const newOwner =
    typeof identityOwner === 'string'
      ? await findOwner(tx, poolId, identityOwner).catch((problem: unknown) => ({ problem }))
      : null;
  return { owner: owners.values().next().value ?? null, emailProblem, newOwner };
}

/** What the input makes of the record, files aside; without fields when that is nothing. */
function reviseRecord(
  deps: Pick<Deps, 'ids'>,
  changing: Changing,
  input: KycInput,
  around: Surroundings,
): Revision {
  const { config, stored, profile } = changing;
  const view = viewRecord(config, changing);
  const type = input.type ?? view.type;
  const problems = typeProblems(type, factsAfter(view, input, around), touched(view, input));
  if (problems.length > 0) throw new InvalidInput(problems);
  if (around.emailProblem !== null) throw around.emailProblem;
  const { newOwner } = around;
  if (newOwner !== null && 'problem' in newOwner) throw newOwner.problem;

  const record = { schemaId: stored.schemaId, profile, standing: stored.standing };
  const change = setAttributes(config, record, changedValues(view, input), () => deps.ids.next());
  requireUnlocked(stored.standing, type !== view.type, change.problems);
  if (newOwner !== null) requirePerson(newOwner, stored.id);
  if (type === 'company' && type !== view.type && around.ownsCompanies) throw new OwnerNotPerson();

  const { standing, fields } = reviseStanding(stored.standing, input);
  const after = reviseSms(change.profile, input);
  if (after !== change.profile) fields.push('phone.sms');
  return {
    action: 'identity.updated',
    fields: [...fields, ...change.changed],
    profile: after,
    standing,
  };
}

/** @throws AlreadyConfirmed */
function requireUnlocked(
  { confirmed }: Standing,
  changesType: boolean,
  locked: readonly { attribute: keyof typeof FIELD_OF_ATTRIBUTE; message: string }[],
): void {
  const problems: FieldProblem[] = locked.map(({ attribute, message }) => ({
    ...{ path: FIELD_OF_ATTRIBUTE[attribute] ?? [attribute], code: 'locked', message },
  }));
  if (confirmed === true && changesType) {
    const message = 'This was confirmed by a verification and cannot be changed.';
    problems.unshift({ path: ['type'], code: 'locked', message });
  }
  if (problems.length > 0) throw new AlreadyConfirmed(problems);
}

/** Fields whose presence counts: what the body touches, everything where it changes the type. */
function touched(view: KycView, input: KycInput): Set<keyof TypeFacts> {
  const all: readonly (keyof TypeFacts)[] = ['birthday', 'gender', 'identityOwner', 'formationRegion'];
  if (input.type !== undefined && input.type !== view.type) return new Set(all);
  return new Set(
    all.filter((field) => (field === 'formationRegion' ? input.tax : input[field]) !== undefined),
  );
}

function factsAfter(view: KycView, input: KycInput, { owner }: Surroundings): TypeFacts {
  const presence = (sent: string | null | undefined, kept: string | null): Presence => {
    if (sent === undefined) return kept === null ? 'absent' : 'present';
    return sent === null ? 'null' : 'present';
  };
  const { birthday, gender, identityOwner, tax } = input;
  const kept = tax === undefined ? view.read('tax.formation_region') : tax.formationRegion;
  return {
    birthday: presence(birthday, view.birthday),
    gender: presence(gender, view.gender),
    identityOwner: presence(identityOwner, owner),
    formationRegion: kept === null ? 'absent' : 'present',
  };
}

/** Attributes whose value, as this surface reads it, is another one than before. */
function changedValues(view: KycView, input: KycInput): ReturnType<typeof attributesOf> {
  const values = attributesOf(input);
  // A name that only follows from its parts, or another surface's word for a gender, is what was read here.
  if (values.get('name') === view.name) values.delete('name');
  if (values.get('gender') === view.gender) values.delete('gender');
  // This surface knows no second line, and one that stayed would belong to another street.
  const street = values.get('address.street_address');
  if (street !== undefined && street !== view.read('address.street_address'))
    values.set('address.line2', null);
  return values;
}

function reviseStanding(before: Standing, { type, identityOwner }: KycInput) {
  const fields: string[] = [];
  const owner = identityOwner === undefined ? before.identityOwner : (identityOwner ?? undefined);
  if (type !== undefined && type !== before.type) fields.push('type');
  if (owner !== before.identityOwner) fields.push('identityOwner');
  if (fields.length === 0) return { standing: before, fields };
  const standing = standingOf({
    ...before,
    type: type ?? before.type,
    identityOwner: owner as IdentityId | undefined,
  });
  return { standing, fields };
}

function reviseSms(profile: Profile, { phone }: KycInput): Profile {
  if (phone === undefined || phone.sms === (profile.kyc?.phoneSms ?? false)) return profile;
  return { ...profile, kyc: { ...profile.kyc, phoneSms: phone.sms } };
}
