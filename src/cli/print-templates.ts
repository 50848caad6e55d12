/** Where a template comes from, as the server says it. */
export interface Source {
  readonly origin: 'own' | 'built_in';
  readonly language: string;
  readonly updated_at?: string;
}

export interface ShownTemplate {
  readonly template_type: string;
  readonly language: string;
  readonly subject_variables: readonly string[];
  readonly variables: readonly string[];
  readonly required_variable?: string;
  readonly email: Source & { readonly subject: string; readonly text: string; readonly html?: string };
  readonly sms?: Source & { readonly text: string };
}

/** `own, de, since 2026-01-31T09:30:00.000Z`, `built in, en`. */
export function sourceText({ origin, language, updated_at: since }: Source): string {
  return origin === 'own' ? `own, ${language}, since ${since}` : `built in, ${language}`;
}

/** For people: what each channel says, and what may be named. Control characters are left out. */
export function templateLines(shown: ShownTemplate): string[] {
  const { email, sms, variables, subject_variables: inSubject, required_variable: required } = shown;
  return [
    `E-mail (${sourceText(email)})`,
    `  Subject: ${clean(email.subject)}`,
    ...indented(email.text),
    ...(email.html === undefined ? [] : ['E-mail as HTML', ...indented(email.html)]),
    ...(sms === undefined ? [] : [`SMS (${sourceText(sms)})`, ...indented(sms.text)]),
    `Texts may name ${variables.join(', ')}${required === undefined ? '' : `, and must name ${required}`};` +
      ` subjects ${inSubject.join(', ')}.`,
  ];
}

function indented(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${clean(line)}`.trimEnd());
}

function clean(line: string): string {
  return line.replace(/\p{Cc}/gu, '');
}
