/**
 * Regular expressions from callers, matched in time that grows no faster than pattern × text: the pattern becomes
 * a state machine of which all states are followed at once (Thompson's construction), so that no pattern is catastrophic.
 * What cannot be matched so is refused: backreferences and lookaround. Single characters and classes mean exactly what
 * they mean to JavaScript with the `u` flag, since JavaScript decides them.
 */
export interface LinearRegex {
  /** Whether it matches anywhere in the text; anchors are the pattern's own. */
  test(text: string): boolean;
}

const PATTERN_LENGTH_MAX = 500;
/** Counted repetitions are written out; together they stay below this. */
const STATES_MAX = 1000;
/** Repetitions of nothing make no states, and still take time. */
const BUILT_MAX = 10 * STATES_MAX;
const DEPTH_MAX = 50;

type Node =
  | { readonly kind: 'char'; readonly source: string }
  | { readonly kind: 'assert'; readonly source: string }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

type State =
  | { kind: 'char'; test: number; next: number }
  | { kind: 'assert'; source: string; next: number }
  | { kind: 'split'; next: number[] }
  | { kind: 'end' };

/** Says why a pattern is refused; says nothing of texts. */
class Refused extends Error {}

/** @returns What is wrong with the pattern, in words that follow its field's name. */
export function compileLinearRegex(pattern: string): LinearRegex | { readonly problem: string } {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    return { problem: `must have at most ${PATTERN_LENGTH_MAX} characters` };
  }
  try {
    new RegExp(pattern, 'u');
  } catch {
    return { problem: 'must be a regular expression' };
  }
  try {
    return machineOf(parsePattern(pattern));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { problem: error.message };
  }
}

const QUANTIFIER = /(?:[*+?]|\{(\d+)(,(\d*))?\})\??/y;
const CLASS = /\[\^?(?:\\[\s\S]|[^\]\\])*\]/uy;
const ESCAPE =
  /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\da-fA-F]{4}(?:\\u[\da-fA-F]{4})?|x[\da-fA-F]{2}|c[a-zA-Z]|[\s\S])/uy;
const CHARACTER = /[\s\S]/uy;

/** The pattern is known to be one to JavaScript, so only what is not supported is looked for. */
function parsePattern(pattern: string): Node {
  let at = 0;
  const take = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    const match = expression.exec(pattern);
    if (match !== null) at += match[0].length;
    return match;
  };

  const choice = (depth: number): Node => {
    if (depth > DEPTH_MAX) throw new Refused('must not nest groups so deeply');
    const parts = [sequence(depth)];
    while (pattern[at] === '|') {
      at += 1;
      parts.push(sequence(depth));
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts };
  };

  const sequence = (depth: number): Node => {
    const parts: Node[] = [];
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') {
      const node = atom(depth);
      const quantifier = take(QUANTIFIER);
      parts.push(quantifier === null ? node : repeat(node, quantifier));
    }
    return { kind: 'sequence', parts };
  };

  const atom = (depth: number): Node => {
    const [first, second] = [pattern[at], pattern[at + 1]];
    if (first === '(') return group(depth);
    if (first === '^' || first === '$') {
      at += 1;
      return { kind: 'assert', source: first };
    }
    if (first === '\\' && (second === 'b' || second === 'B')) {
      at += 2;
      return { kind: 'assert', source: `\\${second}` };
    }
    if (first === '\\' && /[1-9k]/.test(second ?? '')) throw new Refused('must not have backreferences');
    const match = take(first === '[' ? CLASS : first === '\\' ? ESCAPE : CHARACTER);
    if (match === null) throw new Refused('must be a simpler regular expression');
    return { kind: 'char', source: match[0] };
  };

  const group = (depth: number): Node => {
    at += 1;
    if (pattern[at] === '?') {
      if (take(/\?(?::|<[^=!>][^>]*>)/y) === null) throw new Refused('must not look around or switch flags');
    }
    const node = choice(depth + 1);
    if (pattern[at] !== ')') throw new Refused('must be a simpler regular expression');
    at += 1;
    return node;
  };

  const node = choice(0);
  if (at !== pattern.length) throw new Refused('must be a simpler regular expression');
  return node;
}

function repeat(node: Node, [text, from, hasComma, to]: RegExpExecArray): Node {
  if (from === undefined) {
    return {
      kind: 'repeat',
      node,
      min: text.startsWith('+') ? 1 : 0,
      max: text.startsWith('?') ? 1 : Number.POSITIVE_INFINITY,
    };
  }
  const min = Number(from);
  const max = hasComma === undefined ? min : to === '' ? Number.POSITIVE_INFINITY : Number(to);
  return { kind: 'repeat', node, min, max };
}

const NON_CHARACTER_ASSERTS: Readonly<Record<string, (before: boolean, after: boolean) => boolean>> = {
  '\\b': (before, after) => before !== after,
  '\\B': (before, after) => before === after,
};
const WORD = /^\w$/;

function machineOf(root: Node): LinearRegex {
  const states: State[] = [{ kind: 'end' }];
  const tests: RegExp[] = [];
  const testOf = new Map<string, number>();
  let built = 0;
  const add = (state: State): number => {
    if (states.length >= STATES_MAX) throw new Refused('must not repeat so much');
    return states.push(state) - 1;
  };
  const characterTest = (source: string): number => {
    const known = testOf.get(source);
    if (known !== undefined) return known;
    testOf.set(source, tests.length);
    return tests.push(new RegExp(`^(?:${source})$`, 'u')) - 1;
  };

  /** Builds from the end: gives the state to begin in so as to arrive at `next`. */
  const build = (node: Node, next: number): number => {
    built += 1;
    if (built > BUILT_MAX) throw new Refused('must not repeat so much');
    switch (node.kind) {
      case 'char':
        return add({ kind: 'char', test: characterTest(node.source), next });
      case 'assert':
        return add({ kind: 'assert', source: node.source, next });
      case 'sequence':
        return node.parts.reduceRight((after, part) => build(part, after), next);
      case 'choice':
        return add({ kind: 'split', next: node.parts.map((part) => build(part, next)) });
      case 'repeat':
        return buildRepeat(node, next);
    }
  };
  const buildRepeat = ({ node, min, max }: Node & { kind: 'repeat' }, next: number): number => {
    let start = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop: State = { kind: 'split', next: [next] };
      start = add(loop);
      loop.next.push(build(node, start));
    } else {
      if (max > STATES_MAX) throw new Refused('must not repeat so much');
      for (let count = min; count < max; count += 1) {
        const once = build(node, start);
        start = add({ kind: 'split', next: [once, next] });
      }
    }
    if (min > STATES_MAX) throw new Refused('must not repeat so much');
    for (let count = 0; count < min; count += 1) start = build(node, start);
    return start;
  };
  const first = build(root, 0);
  return { test: (text) => run({ states, tests, first }, text) };
}

function run({ states, tests, first }: { states: State[]; tests: RegExp[]; first: number }, text: string) {
  const characters = [...text];
  let current = new Set<number>();
  for (let index = 0; index <= characters.length; index += 1) {
    const [before, character] = [characters[index - 1], characters[index]];
    const holds = (source: string): boolean => {
      if (source === '^') return index === 0;
      if (source === '$') return index === characters.length;
      const [left, right] = [before, character].map((side) => side !== undefined && WORD.test(side));
      return NON_CHARACTER_ASSERTS[source]?.(left === true, right === true) ?? false;
    };
    // A match may begin at every place.
    const open = [...current, first];
    const seen = new Set<number>();
    const next = new Set<number>();
    const answers = new Map<number, boolean>();
    const fits = (test: number): boolean => {
      const known = answers.get(test);
      if (known !== undefined) return known;
      const answer = character !== undefined && tests[test]?.test(character) === true;
      answers.set(test, answer);
      return answer;
    };
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const state = states[id];
      if (state === undefined || seen.has(id)) continue;
      seen.add(id);
      if (state.kind === 'end') return true;
      if (state.kind === 'split') open.push(...state.next);
      else if (state.kind === 'assert') {
        if (holds(state.source)) open.push(state.next);
      } else if (fits(state.test)) next.add(state.next);
    }
    current = next;
  }
  return false;
}
