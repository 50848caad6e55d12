// Which folder may import which: see CONTRIBUTING.md, "Direction of imports".
const MAY_IMPORT = {
  kit: [],
  core: ['kit'],
  config: ['kit'],
  crypto: ['core', 'kit'],
  store: ['core', 'kit'],
  providers: ['core', 'kit'],
  http: ['core', 'kit'],
  jobs: ['core', 'kit'],
  surfaces: ['core', 'http', 'kit'],
};
const TESTS = '[.]test[.]ts$';
const rule = (name, from, to) => ({ name, severity: 'error', from, to });
const layers = Object.entries(MAY_IMPORT).map(([from, to]) =>
  rule(
    `${from}-imports`,
    { path: `^src/${from}/`, pathNot: TESTS },
    { path: '^src/', pathNot: [from, ...to].map((folder) => `^src/${folder}/`) },
  ),
);
module.exports = {
  forbidden: [
    ...layers,
    rule('no-cycles', {}, { circular: true }),
    rule(
      'surfaces-are-strangers',
      { path: '^src/surfaces/([^/]+)/' },
      { path: '^src/surfaces/', pathNot: '^src/surfaces/$1/' },
    ),
    rule('core-is-pure', { path: '^src/core/', pathNot: TESTS }, { pathNot: '^src/' }),
    rule('black-box-tests', { path: '^test/surfaces/' }, { path: '^src/' }),
    rule(
      'console-sees-wire-types',
      { path: '^console/' },
      { path: '^src/', pathNot: '^src/surfaces/[^/]+/wire[.]ts$' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
