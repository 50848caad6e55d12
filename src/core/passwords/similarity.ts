/** Longer texts are not compared: the work grows with the product of both lengths. */
const CHARACTERS_MAX = 256;
const DISTANCE_MIN = 5;
const SHARE_MAX = 0.5;

/**
 * Whether a password is too close to an identifier, both in lower case: fewer than five edits apart, or with more than
 * half of the password being one piece of the identifier. An empty text, and one of more than 256 characters, is close
 * to nothing.
 *
 * @see Contract iam 6.4, message 4000031; the bounds are those of its reference implementation.
 */
export function isSimilar(password: string, identifier: string): boolean {
  const left = [...password.toLowerCase()];
  const right = [...identifier.toLowerCase()];
  if (left.length === 0 || right.length === 0) return false;
  if (left.length > CHARACTERS_MAX || right.length > CHARACTERS_MAX) return false;
  return (
    editDistance(left, right) < DISTANCE_MIN || longestCommonPiece(left, right) / left.length > SHARE_MAX
  );
}

/** Levenshtein's distance: insertions, deletions and replacements of one character. */
export function editDistance(left: readonly string[], right: readonly string[]): number {
  let above = Array.from({ length: right.length + 1 }, (_, index) => index);
  left.forEach((character, row) => {
    const current = [row + 1];
    right.forEach((other, column) => {
      const replaced = (above[column] ?? 0) + (character === other ? 0 : 1);
      current.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    });
    above = current;
  });
  return above[right.length] ?? 0;
}

/** Length of the longest run of characters that stands in both. */
export function longestCommonPiece(left: readonly string[], right: readonly string[]): number {
  let longest = 0;
  let above: number[] = [];
  for (const character of left) {
    const current = right.map((other, column) => (character === other ? (above[column - 1] ?? 0) + 1 : 0));
    longest = Math.max(longest, ...current);
    above = current;
  }
  return longest;
}
