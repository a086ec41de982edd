// npm run migration:generate -- NAME   writes src/database/migrations/<ms>-NAME.ts from the entities, and lists it
// npm run migration:run                applies what is missing (the server does so itself when it starts)
// npm run migration:revert             takes the last one back
// Works on DATABASE_URL, or on the embedded server of DATA_DIR: a running one, or one started for this command.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { buildServer, project } from './prepare.mjs';

const MIGRATIONS = path.join(project, 'src/database/migrations');
const LIST = path.join(project, 'src/database/migrations.ts');

class CommandFailed extends Error {}

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    cwd: project,
    env: { ...process.env, ...env },
  });
  // What went wrong the command has said itself.
  if (status !== 0) throw new CommandFailed();
}

async function typeorm(args, url) {
  const { transformFileSync } = await import('@swc/core');
  const { code } = transformFileSync(path.join(project, 'ormconfig.ts'), {
    swcrc: false,
    configFile: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
  });
  const config = path.join(project, 'build/ormconfig.js');
  fs.mkdirSync(path.dirname(config), { recursive: true });
  fs.writeFileSync(config, code.replaceAll('./src/', '../dist/'));
  run(process.execPath, ['node_modules/typeorm/cli.js', ...args, '-d', config], { DATABASE_URL: url });
}

/** A list and not a glob, so that a reviewer sees what runs; written here, so that nobody forgets a line. */
function listMigrations() {
  const entries = fs
    .readdirSync(MIGRATIONS)
    .filter((name) => /^\d+-.*\.ts$/.test(name))
    .toSorted()
    .map((name) => {
      const [, className] = /export class (\w+)/.exec(fs.readFileSync(path.join(MIGRATIONS, name), 'utf8'));
      return { className, file: `./migrations/${name.replace(/\.ts$/, '.js')}` };
    });
  const lines = [
    "import type { MigrationInterface } from 'typeorm';",
    ...entries.map(({ className, file }) => `import { ${className} } from '${file}';`),
    '',
    '/** Every migration, oldest first; written by `npm run migration:generate`. */',
    `export const MIGRATIONS: (new () => MigrationInterface)[] = [${entries.map((e) => e.className).join(', ')}];`,
  ];
  fs.writeFileSync(LIST, `${lines.join('\n')}\n`);
  run(process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--write', MIGRATIONS, LIST]);
}

/** Compares the entities with a database that has exactly the migrations: nobody's own is touched. */
async function generate(server, name) {
  const { default: pg } = await import('pg');
  const { migrate } = await import('../dist/database/migrate.js');
  const scratch = `phoenix_generate_${process.pid}`;
  const admin = new pg.Client({ connectionString: server.ownerUrl });
  await admin.connect();
  await admin.query(`create database ${scratch} template template0`);
  try {
    const url = Object.assign(new URL(server.ownerUrl), { pathname: `/${scratch}` }).href;
    await migrate(url);
    await typeorm(['migration:generate', path.join(MIGRATIONS, name)], url);
    listMigrations();
  } finally {
    await admin.query(`drop database ${scratch} with (force)`);
    await admin.end();
  }
}

const [action, name] = process.argv.slice(2);
if (
  !['generate', 'run', 'revert'].includes(action) ||
  (action === 'generate' && !/^[a-z][a-z0-9-]+$/.test(name ?? ''))
) {
  console.error('Usage: node scripts/typeorm.mjs generate verb-noun | run | revert');
  process.exit(2);
}
buildServer({ tools: action === 'generate' });
const { loadEnv } = await import('../dist/config/load-env.js');
const { DatabaseServer } = await import('../dist/database/database-server.js');
const server = await DatabaseServer.open(loadEnv());
try {
  if (action === 'generate') await generate(server, name);
  else {
    const { migrate, revertLast } = await import('../dist/database/migrate.js');
    const ran =
      action === 'run'
        ? await migrate(server.ownerUrl, server.serverRole)
        : await revertLast(server.ownerUrl);
    const done = action === 'run' ? 'Ran' : 'Took back';
    console.log(ran.length === 0 ? 'Nothing to do.' : `${done} ${ran.join(', ')}.`);
  }
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  process.exitCode = 1;
} finally {
  await server.stop();
}
