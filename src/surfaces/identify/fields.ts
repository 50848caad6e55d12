import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import type { ProfileInput } from '../../core/identify/profile-change.ts';
import { normaliseEmail } from '../../kit/normalise.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const CUSTOM = /^custom:[A-Za-z0-9_]{1,20}$/;
const EMAIL_MAX = 254;
const PASSWORD_MAX = 256;
const NAME_MAX = 128;
const CUSTOM_MAX = 2048;
const USER_ID_MAX = 256;
const TOKEN_MAX = 8 * 1024;

/**
 * Reads fields of a request and gathers what is wrong with them, so that all of it is told at once. What is wrong reads as
 * absent, and as an empty text where it is needed.
 *
 * @see Contract identify 3.1, limits.
 */
export class Fields {
  readonly #problems: FieldProblem[] = [];

  /** @throws InvalidInput */
  done(): void {
    if (this.#problems.length > 0) throw new InvalidInput(this.#problems);
  }

  refuse(name: string, message: string): undefined {
    this.#problems.push({ path: [name], code: 'invalid', message });
  }

  missing(name: string): undefined {
    this.#problems.push({ path: [name], code: 'required', message: 'must be given' });
  }

  text(value: unknown, name: string, max: number): string | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' && value !== '' && value.length <= max && value.isWellFormed())
      return value;
    return this.refuse(name, `must be a text of 1 to ${max} characters`);
  }

  needed(value: unknown, name: string, max: number): string {
    if (value === undefined || value === null) this.missing(name);
    return this.text(value, name, max) ?? '';
  }

  /** As typed, blanks around it dropped; whether it is an address is not looked at. */
  typedEmail(data: JsonObject): string {
    return this.needed(data.email, 'email', EMAIL_MAX).trim();
  }

  password(data: JsonObject, name = 'password'): string {
    return this.needed(data[name], name, PASSWORD_MAX);
  }

  token(value: unknown, name: string): string {
    return this.needed(value, name, TOKEN_MAX);
  }

  /** A user's id at a provider. */
  userId(value: unknown, { isNeeded }: { readonly isNeeded: boolean }): string | undefined {
    return isNeeded ? this.needed(value, 'userId', USER_ID_MAX) : this.text(value, 'userId', USER_ID_MAX);
  }

  /** Any UUID; in lower case. */
  uuid(value: unknown, name: string): string | null {
    if (value === undefined || value === null) return null;
    if (typeof value === 'string' && UUID.test(value)) return value.toLowerCase();
    this.refuse(name, 'must be a UUID');
    return null;
  }

  object(value: unknown, name: string): JsonObject {
    if (value === undefined || value === null) return {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
    this.refuse(name, 'must be an object');
    return {};
  }

  /** @param options.email Whether it may be among them. @param options.appProfileBytes As JSON. */
  profile(
    data: JsonObject,
    options: { readonly email: boolean; readonly custom: boolean; readonly appProfileBytes: number },
  ): ProfileInput {
    const username = this.text(data.username, 'username', NAME_MAX);
    const nickname = this.text(data.nickname, 'nickname', NAME_MAX);
    const email = options.email ? this.email(data.email) : undefined;
    const attributes = options.custom ? this.customAttributes(data) : {};
    const appProfile = this.appProfile(data.appProfile, options.appProfileBytes);
    return {
      ...(username === undefined ? {} : { username }),
      ...(nickname === undefined ? {} : { nickname }),
      ...(email === undefined ? {} : { email }),
      ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
      ...(appProfile === undefined ? {} : { appProfile }),
    };
  }

  /** What there is no field for. */
  onlyKnown(data: JsonObject, known: readonly string[]): void {
    for (const name of Object.keys(data))
      if (!known.includes(name) && !CUSTOM.test(name))
        this.#problems.push({ path: [name], code: 'unknown', message: 'is no attribute' });
  }

  private email(value: unknown): string | undefined {
    const text = this.text(value, 'email', EMAIL_MAX)?.trim();
    if (text === undefined || normaliseEmail(text) !== null) return text;
    return this.refuse('email', 'must be an e-mail address');
  }

  /** Opt-ins come as flags, too. */
  private customAttributes(data: JsonObject): Record<string, string> {
    const attributes: Record<string, string> = {};
    for (const [name, value] of Object.entries(data)) {
      if (!CUSTOM.test(name)) continue;
      if (typeof value === 'boolean' || value === 0 || value === 1) attributes[name] = String(Number(value));
      else if (typeof value === 'string' && value.length <= CUSTOM_MAX) attributes[name] = value;
      else this.refuse(name, `must be a text of at most ${CUSTOM_MAX} characters`);
    }
    return attributes;
  }

  private appProfile(value: unknown, bytesMax: number): JsonObject | undefined {
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.refuse('appProfile', 'must be an object');
    if (Buffer.byteLength(JSON.stringify(value)) <= bytesMax) return value as JsonObject;
    return this.refuse('appProfile', `must be at most ${bytesMax} bytes as JSON`);
  }
}
