/**
 * Compares secrets in a time that depends on their lengths only, so that a guess cannot be improved byte by byte.
 * The lengths of both sides are not hidden: compare digests where the length itself is a secret.
 */
export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index += 1) difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  return difference === 0;
}
