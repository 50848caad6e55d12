import type { Submission } from '../visit.ts';

/** Whether a button of that name was pressed: `totp_unlink: true`, of a form the text. */
export function isPressed({ body }: Pick<Submission, 'body'>, name: string): boolean {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  return value === true || value === 'true';
}
