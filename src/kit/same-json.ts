/** Whether two JSON values say the same; members in any order. What is undefined is not there. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [members, others] = [one, other].map(
    (value) => new Map(Object.entries(value).filter(([, member]) => member !== undefined)),
  );
  if (members?.size !== others?.size) return false;
  return [...(members ?? [])].every(([key, member]) => isSameJson(member, others?.get(key)));
}
