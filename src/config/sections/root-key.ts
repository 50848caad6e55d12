import { optional, withDefault } from '../field.ts';
import { key32, key32List, path, secret, text, url } from '../kinds.ts';
import { type Fault, section } from '../section.ts';

export const rootKey = section({
  name: 'rootKey',
  title: 'Root key',
  prose:
    'The key that wraps every pool key. Choose exactly one source: a file, a value, or a transit engine. Who loses it ' +
    'loses the data; who has it and the database has everything. `start` makes one in the data directory.',
  fields: {
    file: optional({
      kind: path,
      prose: 'Key file in the form that `start` makes, readable by the server only (mode 0600).',
    }),
    value: optional({
      kind: secret(key32),
      env: 'SELFSAME_ROOT_KEY',
      prose:
        'The key itself, 32 bytes in base64. Other processes of the same user can read an environment: prefer a file.',
    }),
    previous: optional({
      kind: secret(key32List),
      env: 'SELFSAME_ROOT_KEY_PREVIOUS',
      prose:
        'Further keys beside `rootKey.value` that open and do not wrap: the one before, or the next one, until ' +
        '`keys rotate --root` has moved everything. A file holds its older keys itself.',
    }),
    transit: {
      address: optional({
        kind: url(['https:', 'http:']),
        prose: 'Address of a Vault-compatible transit engine, for example `https://vault.internal:8200`.',
      }),
      token: optional({ kind: secret(text('text without spaces', /^[!-~]{1,4096}$/)), prose: 'Its token.' }),
      mount: withDefault({
        kind: text('path of letters, digits, - _ and /', /^[\w-]+(\/[\w-]+)*$/),
        default: 'transit',
        prose: 'Where the engine is mounted.',
      }),
      key: optional({
        kind: text('name of letters, digits, - and _', /^[\w-]{1,128}$/),
        prose: 'Name of the key.',
      }),
      namespace: optional({
        kind: text('path of letters, digits, - _ and /', /^[\w-]+(\/[\w-]+)*\/?$/),
        prose: 'Namespace, where the engine has them.',
      }),
    },
  },
  check({ file, value, previous, transit }, mode) {
    const faults: Fault[] = [];
    const chosen = [file, value, transit.address].filter((source) => source !== null).length;
    if (chosen > 1) {
      faults.push({
        key: 'rootKey',
        message: 'must have one source: file, value and transit exclude each other',
      });
    }
    if (chosen === 0 && mode === 'serve') {
      const how = 'SELFSAME_ROOT_KEY_FILE, SELFSAME_ROOT_KEY or SELFSAME_ROOT_KEY_TRANSIT_ADDRESS';
      faults.push({ key: 'rootKey', message: `must be chosen: set ${how}` });
    }
    if (previous !== null && value === null) {
      faults.push({
        key: 'rootKey.previous',
        message: 'needs rootKey.value (SELFSAME_ROOT_KEY): it stands beside that only',
      });
    }
    for (const name of ['token', 'key'] as const) {
      if (transit.address !== null && transit[name] === null) {
        faults.push({
          key: `rootKey.transit.${name}`,
          message: 'must be set beside rootKey.transit.address',
        });
      }
    }
    if (transit.address === null && (transit.token !== null || transit.key !== null)) {
      faults.push({ key: 'rootKey.transit.address', message: 'must be set: other transit settings are' });
    }
    return faults;
  },
  finish({ file, value, previous, transit: { address, token, mount, key, namespace } }) {
    const complete = address !== null && token !== null && key !== null;
    return { file, value, previous, transit: complete ? { address, token, mount, key, namespace } : null };
  },
});
