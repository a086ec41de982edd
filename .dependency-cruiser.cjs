// The borders of the project: common ← {config, database, auth, http} beside sync ← features; app.module.ts knows all.
const FEATURES = 'sessions|routines|gamification|metrics';

/** Tests may look anywhere. */
const SPECS = String.raw`\.spec\.ts$`;

/** Folders below src that may import each other only as listed. */
const MAY_IMPORT = {
  common: [],
  config: ['common'],
  database: ['common', 'config'],
  http: ['common', 'config'],
  auth: ['common', 'config', 'database'],
  health: ['common', 'config', 'database', 'auth'],
  sync: ['common', 'config', 'database', 'auth'],
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
      to: { path: '^src/', pathNot: '^src/($1|common|config|database|auth|sync)/' },
    },
    {
      name: 'only-the-list-knows-all',
      severity: 'error',
      comment: 'Nothing but the entry points imports app.module.ts, app.ts or another entry point.',
      from: { path: '^src/.+/', pathNot: ['^src/cli/', SPECS] },
      to: { path: '^src/[^/]+$' },
    },
    { name: 'no-cycle', severity: 'error', from: { path: '^(src|test)/' }, to: { circular: true } },
    {
      name: 'no-tests-in-the-program',
      severity: 'error',
      from: { path: '^src/', pathNot: SPECS },
      to: { path: String.raw`^test/|\.spec\.ts$` },
    },
    {
      name: 'only-named-packages',
      severity: 'error',
      comment:
        'A package is used only where package.json names it; the program needs no development packages.',
      from: { path: '^src/', pathNot: SPECS },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
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
