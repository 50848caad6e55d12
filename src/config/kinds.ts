import { isAbsolute, resolve } from 'node:path';
import { Secret } from '../kit/secret.ts';
import { normaliseCidr } from './cidr.ts';
import { type Kind, Refusal } from './field.ts';

/** Whole numbers only; text such as `1e3`, ` 5` and `0x10` is refused rather than guessed at. */
export function integer(min: number, max: number): Kind<number> {
  const type = `integer from ${min} to ${max}`;
  return {
    type,
    read(raw, { from }) {
      const value = from === 'environment' && /^-?\d{1,15}$/.test(String(raw)) ? Number(raw) : raw;
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
        throw new Refusal(`must be an ${type}, not ${shown(raw)}`);
      }
      return value;
    },
  };
}

export const boolean: Kind<boolean> = {
  type: '`true` or `false`',
  read(raw, { from }) {
    const value =
      from === 'environment' ? ({ true: true, false: false } as Record<string, unknown>)[String(raw)] : raw;
    if (typeof value !== 'boolean') throw new Refusal(`must be true or false, not ${shown(raw)}`);
    return value;
  },
};

export function oneOf<const T extends string>(...choices: readonly T[]): Kind<T> {
  return {
    type: choices.map((choice) => `\`${choice}\``).join(', '),
    read(raw) {
      const found = choices.find((choice) => choice === raw);
      if (found === undefined) throw new Refusal(`must be one of ${choices.join(', ')}, not ${shown(raw)}`);
      return found;
    },
  };
}

/** Text without control characters, at most 4096 characters; `pattern` narrows it. Never echoed in a fault. */
export function text(type = 'text', pattern = /^[^\p{Cc}]{1,4096}$/u): Kind<string> {
  return {
    type,
    read(raw) {
      if (typeof raw !== 'string' || !pattern.test(raw)) throw new Refusal(`must be ${type}`);
      return raw;
    },
  };
}

/** Texts that all match; commas between them in the environment. */
export function textList(type: string, pattern: RegExp): Kind<readonly string[]> {
  return {
    type,
    read(raw, { from }) {
      const list =
        from === 'environment'
          ? String(raw)
              .split(',')
              .map((one) => one.trim())
              .filter((one) => one !== '')
          : raw;
      if (!Array.isArray(list) || list.some((one) => typeof one !== 'string' || !pattern.test(one)))
        throw new Refusal(`must be a ${type}`);
      return list;
    },
  };
}

/** A path, made absolute: from the working directory, or from the settings file's folder. */
export const path: Kind<string> = {
  type: 'path',
  read(raw, { folder }) {
    if (typeof raw !== 'string' || raw === '' || raw.includes('\0')) throw new Refusal('must be a path');
    return isAbsolute(raw) ? resolve(raw) : resolve(folder, raw);
  },
};

/**
 * An absolute URL. It may carry a password, so a fault never echoes it.
 * @param schemes With the colon: `https:`.
 */
export function url(
  schemes: readonly string[],
  rule: (url: URL) => string | null = () => null,
): Kind<string> {
  const type = `URL (${schemes.map((scheme) => `\`${scheme}//\``).join(', ')})`;
  return {
    type,
    read(raw) {
      const parsed = typeof raw === 'string' ? URL.parse(raw) : null;
      if (parsed === null || typeof raw !== 'string' || !schemes.includes(parsed.protocol)) {
        throw new Refusal(`must be a URL that starts with ${schemes.map((s) => `${s}//`).join(' or ')}`);
      }
      const problem = rule(parsed);
      if (problem !== null) throw new Refusal(problem);
      return raw;
    },
  };
}

/** Address ranges, normalised (`10.1.2.3/8` becomes `10.0.0.0/8`); commas between them in the environment. */
export const cidrList: Kind<readonly string[]> = {
  type: 'list of CIDR ranges (commas between them in the environment)',
  read(raw, { from }) {
    const list =
      from === 'environment'
        ? String(raw)
            .split(',')
            .map((one) => one.trim())
        : raw;
    if (!Array.isArray(list)) throw new Refusal('must be a list of CIDR ranges');
    const wrong = list.filter((one) => typeof one !== 'string' || normaliseCidr(one) === null);
    if (wrong.length > 0) throw new Refusal(`must hold CIDR ranges only, not ${wrong.map(shown).join(', ')}`);
    const ranges = list.map((one) => normaliseCidr(String(one)) ?? '');
    // A range of everything turns the guard that the list belongs to into its opposite.
    if (ranges.some((range) => range.endsWith('/0')))
      throw new Refusal('must not hold a range of every address');
    return ranges;
  },
};

/** A kind whose value is wrapped at once, and never echoed. */
export function secret<T>(inner: Kind<T>): Kind<Secret<T>> {
  return { type: `${inner.type}, secret`, read: (raw, origin) => new Secret(inner.read(raw, origin)) };
}

/** 32 bytes in base64 or base64url, padding optional; comes out as base64. Strict: Node's own decoder skips what it cannot read. */
export const key32: Kind<string> = {
  type: '32 bytes in base64',
  read(raw) {
    const compact =
      typeof raw === 'string' ? raw.trim().replace(/=*$/, '').replaceAll('-', '+').replaceAll('_', '/') : '';
    const bytes = Buffer.from(compact, 'base64');
    if (bytes.length !== 32 || bytes.toString('base64').replace(/=*$/, '') !== compact) {
      throw new Refusal('must be 32 bytes in base64 (`openssl rand -base64 32` makes such a key)');
    }
    return bytes.toString('base64');
  },
};

/** A list of such keys; commas between them in the environment. */
export const key32List: Kind<readonly string[]> = {
  type: 'list of 32 bytes in base64 (commas between them in the environment)',
  read(raw, origin) {
    const list = origin.from === 'environment' ? String(raw).split(',') : raw;
    if (!Array.isArray(list)) throw new Refusal('must be a list of keys');
    return list.map((one) => key32.read(one, origin));
  },
};

function shown(raw: unknown): string {
  const text = JSON.stringify(raw) ?? String(raw);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
