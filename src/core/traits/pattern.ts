import { compileLinearRegex, type LinearRegex } from '../../kit/linear-regex.ts';

/** Characters that other languages allow to be escaped without need, and JavaScript's `u` flag does not. */
const NEEDLESS = /^[ !"#%&',:;<=>@_`~]$/;

/**
 * Compiles a pattern of a schema, which may have been written for another language's expressions: `\@` and the like
 * mean the character.
 * @returns What is wrong with the pattern, in words that follow its place.
 */
export function compilePattern(pattern: string): LinearRegex | { readonly problem: string } {
  let inClass = false;
  const plain = pattern.replaceAll(/\\?[\s\S]/gu, (token) => {
    if (token === '[') inClass = true;
    if (token === ']') inClass = false;
    const escaped = token.startsWith('\\') ? token.slice(1) : '';
    return NEEDLESS.test(escaped) || (escaped === '-' && !inClass) ? escaped : token;
  });
  return compileLinearRegex(plain);
}
