// npm run dev: compiles on every change and restarts the server.
import { spawn } from 'node:child_process';
import { buildServer, project } from './prepare.mjs';

buildServer();
const options = { cwd: project, stdio: 'inherit' };
const compiler = spawn(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'],
  options,
);
const server = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'dist/main.js'], options);
const stop = (signal) => {
  compiler.kill(signal);
  server.kill(signal);
};
process.on('SIGINT', () => stop('SIGINT'));
process.on('SIGTERM', () => stop('SIGTERM'));
