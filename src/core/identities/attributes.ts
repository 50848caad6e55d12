/**
 * Attributes of the record: OpenID Connect standard claim names where there is one (DESIGN 4). Each has one
 * home: a trait that the identity's schema marks with `"selfsame": {"attribute": …}`, or else the record's own
 * attribute map. Whoever reads or writes an attribute goes through here and never knows which.
 */
export const ATTRIBUTES = [
  'email',
  'phone_number',
  'given_name',
  'family_name',
  'name',
  'nickname',
  'preferred_username',
  'birthdate',
  'gender',
  'address.street_address',
  'address.line2',
  'address.locality',
  'address.region',
  'address.postal_code',
  'address.country',
  'nationality',
  'document_number',
  'ssn',
  'tax.country',
  'tax.id_number',
  'tax.region',
  'tax.formation_region',
] as const;
export type AttributeName = (typeof ATTRIBUTES)[number];

/** Path of the trait that is an attribute's home. */
export type TraitHomes = ReadonlyMap<AttributeName, readonly string[]>;

type JsonObject = { [key: string]: unknown };

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Finds the homes that a JSON Schema marks, in `properties` of objects at any depth.
 * @returns The first mark of each attribute wins; unknown names are passed over.
 */
export function findTraitHomes(schema: unknown): TraitHomes {
  const homes = new Map<AttributeName, readonly string[]>();
  const visit = (node: unknown, path: readonly string[]): void => {
    if (!isObject(node)) return;
    const mark = isObject(node.selfsame) ? node.selfsame.attribute : undefined;
    const name = ATTRIBUTES.find((attribute) => attribute === mark);
    if (name !== undefined && !homes.has(name)) homes.set(name, path);
    if (!isObject(node.properties)) return;
    for (const [key, child] of Object.entries(node.properties)) visit(child, [...path, key]);
  };
  const traits = isObject(schema) && isObject(schema.properties) ? schema.properties.traits : undefined;
  visit(traits, []);
  return homes;
}

/** The part of a profile that holds attributes. */
export interface AttributeHolder {
  readonly attributes: { readonly [name: string]: string };
  readonly traits: { readonly [name: string]: unknown };
}

export function readAttribute(
  holder: AttributeHolder,
  homes: TraitHomes,
  name: AttributeName,
): string | null {
  const home = homes.get(name);
  if (home === undefined) return holder.attributes[name] ?? null;
  let node: unknown = holder.traits;
  for (const key of home) node = isObject(node) ? node[key] : undefined;
  return typeof node === 'string' ? node : null;
}

/** A copy with the attribute set, or removed when the value is null. Objects that become empty are dropped. */
export function writeAttribute<Holder extends AttributeHolder>(
  holder: Holder,
  homes: TraitHomes,
  name: AttributeName,
  value: string | null,
): Holder {
  const home = homes.get(name);
  if (home !== undefined) return { ...holder, traits: writePath(holder.traits, home, value) };
  const { [name]: _old, ...rest } = holder.attributes;
  return { ...holder, attributes: value === null ? rest : { ...rest, [name]: value } };
}

function writePath(node: JsonObject, path: readonly string[], value: string | null): JsonObject {
  const [key, ...below] = path;
  if (key === undefined) return node;
  const { [key]: old, ...rest } = node;
  if (below.length === 0) return value === null ? rest : { ...rest, [key]: value };
  const child = writePath(isObject(old) ? old : {}, below, value);
  return Object.keys(child).length === 0 ? rest : { ...rest, [key]: child };
}
