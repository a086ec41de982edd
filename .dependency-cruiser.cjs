// The borders of the server: {common, monitoring} ← {config, database, http, mail ← auth} beside sync ← features; app.module.ts
// knows all.
// The client stands alone: it may be used without the server, and its core without Node.
const FEATURES = 'sessions|routines|gamification|metrics|billing|admin|events';

/** Tests may look anywhere. */
const SPECS = String.raw`\.spec\.ts$`;

/** The parts of the client that need Node. */
const NODE_ONLY = ['^client/src/cli/', '^client/src/store/sqlite-node'];

/** Folders below src that may import each other only as listed. */
const MAY_IMPORT = {
  common: [],
  config: ['common'],
  monitoring: ['common'],
  database: ['common', 'config', 'monitoring'],
  http: ['common', 'config', 'monitoring'],
  mail: ['common', 'config', 'database', 'monitoring'],
  limits: ['common', 'config', 'database', 'monitoring'],
  auth: ['common', 'config', 'database', 'limits', 'mail', 'monitoring'],
  health: ['common', 'config', 'database', 'auth', 'monitoring', 'http'],
  sync: ['common', 'config', 'database', 'auth', 'limits', 'monitoring'],
  retention: ['common', 'monitoring', 'config', 'database', 'sync'],
  'account-data': ['common', 'config', 'database', 'auth', 'sync', 'metrics'],
};

const borders = Object.entries(MAY_IMPORT).map(([folder, others]) => ({
  name: `border-of-${folder}`,
  severity: 'error',
  comment: `src/${folder} may import ${others.join(', ') || 'nothing else of ours'}.`,
  from: { path: `^src/${folder}/`, pathNot: SPECS },
  to: { path: '^src/', pathNot: [folder, ...others].map((name) => `^src/${name}/`) },
}));

module.exports = {
  forbidden: [
    ...borders,
    {
      name: 'features-stay-apart',
      severity: 'error',
      comment: 'A feature uses sync and what lies below it, never another feature.',
      from: { path: `^src/(${FEATURES})/`, pathNot: SPECS },
      to: { path: '^src/', pathNot: '^src/($1|common|config|database|auth|sync|monitoring)/' },
    },
    {
      name: 'only-the-list-knows-all',
      severity: 'error',
      comment: 'Nothing but the entry points imports app.module.ts, app.ts or another entry point.',
      from: { path: '^src/.+/', pathNot: ['^src/cli/', SPECS] },
      to: { path: '^src/[^/]+$' },
    },
    { name: 'no-cycle', severity: 'error', from: { path: '^(src|test|client)/' }, to: { circular: true } },
    {
      name: 'no-tests-in-the-program',
      severity: 'error',
      from: { path: '^(client/)?src/', pathNot: SPECS },
      to: { path: String.raw`^(client/)?test/|\.spec\.ts$` },
    },
    {
      name: 'client-knows-no-server',
      severity: 'error',
      comment: 'What both must know is in docs/openapi.json and generated from there.',
      from: { path: '^client/src/', pathNot: SPECS },
      to: { path: '^src/' },
    },
    { name: 'server-knows-no-client', severity: 'error', from: { path: '^src/' }, to: { path: '^client/' } },
    {
      name: 'client-runs-anywhere',
      severity: 'error',
      comment: 'Browsers and React Native have no Node; only the command line and its storage may use it.',
      from: { path: '^client/src/', pathNot: [...NODE_ONLY, SPECS] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'client-core-knows-no-platform',
      severity: 'error',
      comment: 'Who uses the core does not pay for adapters and the command line.',
      from: { path: '^client/src/(api/|sync/|index)', pathNot: SPECS },
      to: { path: ['^client/src/store/(indexeddb|sqlite)', ...NODE_ONLY] },
    },
    {
      name: 'api-below-sync',
      severity: 'error',
      comment: 'The API can be used without the sync.',
      from: { path: '^client/src/api/', pathNot: SPECS },
      to: { path: '^client/src/(sync|cli)/' },
    },
    {
      name: 'only-named-packages',
      severity: 'error',
      comment:
        'A package is used only where package.json names it; the program needs no development packages.',
      from: { path: '^(client/)?src/', pathNot: SPECS },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'swagger-is-loaded-late',
      severity: 'error',
      comment:
        'Decorators come from src/common/api-docs.ts, which loads the package when the documentation is asked for.',
      from: { path: '^src/', pathNot: String.raw`^src/common/api-docs\.ts$` },
      to: { path: 'node_modules/@nestjs/swagger/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Types count: a border that only types cross is crossed all the same.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
