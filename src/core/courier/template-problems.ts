import type { FieldProblem } from '../errors.ts';
import { namesIn } from './placeholders.ts';
import {
  type Channel,
  placeholdersOf,
  subjectPlaceholdersOf,
  TEMPLATE_KINDS,
  type Template,
  type TemplateType,
} from './templates.ts';

const SUBJECT_CHARACTERS_MAX = 200;
const SMS_CHARACTERS_MAX = 600;
const TEXT_CHARACTERS_MAX = 20_000;
const HTML_CHARACTERS_MAX = 100_000;

type Part = keyof Template;

/** Everything that is wrong with a template, below the name of its channel: `email.subject`. */
export function templateProblems(type: TemplateType, channel: Channel, template: Template): FieldProblem[] {
  const problem = (path: readonly string[], message: string): FieldProblem => {
    return { path: [channel, ...path], code: 'invalid', message };
  };
  if (!TEMPLATE_KINDS[type].channels.includes(channel))
    return [problem([], 'is not how messages of this type go')];
  const isMail = channel === 'email';
  const maxima: [Part, number][] = [
    ['subject', SUBJECT_CHARACTERS_MAX],
    ['text', isMail ? TEXT_CHARACTERS_MAX : SMS_CHARACTERS_MAX],
    ['html', HTML_CHARACTERS_MAX],
  ];
  return maxima.flatMap(([part, max]) => {
    const source = template[part];
    if (!isMail && part !== 'text') return source === null ? [] : [problem([part], 'is for e-mail only')];
    if (source === null) return part === 'html' ? [] : [problem([part], 'must be given')];
    return faultsOf({ type, part, source, max }).map((message) => problem([part], message));
  });
}

function faultsOf(input: { type: TemplateType; part: Part; source: string; max: number }): string[] {
  const { type, part, source, max } = input;
  const isSubject = part === 'subject';
  const faults: string[] = [];
  if (source.trim() === '' || source.length > max) faults.push(`must have 1 to ${max} characters`);
  // The store keeps neither half characters nor NUL.
  if (!source.isWellFormed() || source.includes('\0')) faults.push('must be text');
  // A line break would end the header.
  if (isSubject && /[\p{Cc}\u2028\u2029]/u.test(source)) faults.push('must be one line');
  const names = namesIn(source);
  if (names === null) return [...faults, 'has braces that are no placeholder'];
  const allowed: readonly string[] = isSubject ? subjectPlaceholdersOf(type) : placeholdersOf(type);
  if (names.some((name) => !allowed.includes(name)))
    faults.push(`may name ${allowed.map(spelled).join(', ')} only`);
  const { essential } = TEMPLATE_KINDS[type];
  if (!isSubject && essential !== null && !names.includes(essential))
    faults.push(`must name ${spelled(essential)}`);
  return faults;
}

function spelled(name: string): string {
  return `{{ ${name} }}`;
}
