import { optional, withDefault } from '../field.ts';
import { oneOf, path, secret, text, url } from '../kinds.ts';
import { type Fault, section } from '../section.ts';

export const blobs = section({
  name: 'blobs',
  title: 'Uploaded files',
  prose:
    'Where documents and face images are kept, sealed before they get there. Several servers need one place: a shared ' +
    'directory with hard links, or an S3 bucket.',
  fields: {
    store: withDefault({
      kind: oneOf('files', 's3'),
      default: 'files',
      prose: '`files`: a directory. `s3`: a bucket of any store that speaks S3.',
    }),
    directory: optional({
      kind: path,
      prose: 'For `files`; made with mode 0700. Not set: `blobs` in the data directory.',
    }),
    s3: {
      endpoint: optional({
        kind: url(['https:', 'http:'], (address) =>
          address.search === '' && address.hash === '' && address.username === '' && address.password === ''
            ? null
            : 'must not have a query, a fragment or credentials',
        ),
        prose: 'Address of the store, without the bucket: `https://s3.eu-central-1.amazonaws.com`.',
      }),
      region: withDefault({
        kind: text('name of letters, digits and -', /^[a-z0-9-]{1,64}$/),
        default: 'us-east-1',
        prose: 'Its region. Stores that have none mostly expect `us-east-1`.',
      }),
      bucket: optional({
        kind: text('name of a bucket', /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
        prose: 'A bucket that exists.',
      }),
      accessKeyId: optional({
        kind: text('text without spaces', /^[!-~]{1,256}$/),
        prose: 'May get, put and delete objects of the bucket; more is not needed.',
      }),
      secretAccessKey: optional({
        kind: secret(text('text without spaces', /^[!-~]{1,256}$/)),
        prose: 'The secret of that key.',
      }),
      addressing: withDefault({
        kind: oneOf('path', 'host'),
        default: 'path',
        prose: 'Whether the bucket is named in the path or in the host name.',
      }),
      prefix: withDefault({
        kind: text('folders of letters, digits, - and _, each followed by /', /^(?:[\w-]{1,64}\/){0,8}$/),
        default: 'selfsame/',
        prose: 'Before the name of every object.',
      }),
    },
  },
  check({ store, directory, s3 }) {
    const faults: Fault[] = [];
    const needed = ['endpoint', 'bucket', 'accessKeyId', 'secretAccessKey'] as const;
    for (const name of needed) {
      const isSet = s3[name] !== null;
      if (store === 's3' && !isSet)
        faults.push({ key: `blobs.s3.${name}`, message: 'must be set: blobs.store is s3' });
      if (store === 'files' && isSet)
        faults.push({ key: `blobs.s3.${name}`, message: 'is for blobs.store s3, which is not chosen' });
    }
    if (store === 's3' && directory !== null)
      faults.push({ key: 'blobs.directory', message: 'is for blobs.store files, which is not chosen' });
    return faults;
  },
  finish({ directory, s3: { endpoint, region, bucket, accessKeyId, secretAccessKey, addressing, prefix } }) {
    const isComplete =
      endpoint !== null && bucket !== null && accessKeyId !== null && secretAccessKey !== null;
    const s3 = isComplete
      ? { endpoint, region, bucket, accessKeyId, secretAccessKey, addressing, prefix }
      : null;
    /** `s3` is null for a directory; `directory` is null for the one in the data directory. */
    return { directory, s3 };
  },
});
