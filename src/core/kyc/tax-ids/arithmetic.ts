/** Digits of a text, each as a number; the caller has checked that there is nothing else. */
export function digitsOf(text: string): number[] {
  return [...text].map(Number);
}

/** Sum of digit × weight, as far as there are weights. */
export function weightedSum(text: string, weights: readonly number[]): number {
  const digits = digitsOf(text);
  return weights.reduce((sum, weight, index) => sum + weight * (digits[index] ?? 0), 0);
}

/** Luhn (ISO/IEC 7812-1): from the right, every second digit doubled, digits of the products added. */
export function isLuhn(text: string): boolean {
  const sum = digitsOf(text)
    .reverse()
    .map((digit, index) => (index % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)))
    .reduce((total, part) => total + part, 0);
  return sum % 10 === 0;
}

/** ISO 7064 MOD 11,10 over all digits, the last being the check digit. */
export function isMod11And10(text: string): boolean {
  const digits = digitsOf(text);
  const product = digits.slice(0, -1).reduce((carry, digit) => {
    const sum = (carry + digit) % 10;
    return ((sum === 0 ? 10 : sum) * 2) % 11;
  }, 10);
  return (11 - product) % 10 === digits.at(-1);
}

/** Zeros pass most sums and are nobody's number. */
export function isAllEqual(text: string): boolean {
  return new Set(text).size === 1;
}
