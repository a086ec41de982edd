// node scripts/own-data-memory.mjs [RECORDS] [SESSIONS]: how much memory the built server takes for an export and an import of
// an account of that size. Linux only; needs nothing but the built program (npm run build).
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { project } from './prepare.mjs';

const [records = 20_000, sessions = 100] = process.argv.slice(2).map(Number);
const SAMPLES = 4_000;
const NOW = Date.now();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-own-data-'));
fs.chmodSync(folder, 0o711);
const env = { PATH: process.env.PATH, DATA_DIR: path.join(folder, 'data'), PORT: '0', LOG_LEVEL: 'info' };
const server = spawn(process.execPath, [path.join(project, 'dist/main.js')], { env, cwd: folder });

try {
  const url = await listening();
  const [from, to] = [await account(url), await account(url)];
  await fill(url, from);
  const zip = path.join(folder, 'export.zip');
  await measured('export', async () => {
    const response = await send(url, from, 'GET', '/account/export');
    await fs.promises.writeFile(zip, response.body);
  });
  console.log(`${(fs.statSync(zip).size / 1024 / 1024).toFixed(1)} MiB`);
  await measured('import', async () => {
    for (let answer = { done: false, next: '' }; !answer.done;) {
      const response = await send(url, to, 'POST', `/account/import?after=${answer.next}`, {
        type: 'application/zip',
        body: fs.readFileSync(zip),
      });
      answer = await response.json();
    }
  });
  const digests = await Promise.all([from, to].map((token) => send(url, token, 'GET', '/sync/digest')));
  const [one, other] = await Promise.all(
    digests.map(async (answer) => JSON.stringify((await answer.json()).collections)),
  );
  console.log(one === other ? 'the digests are equal' : 'THE DIGESTS DIFFER');
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  fs.rmSync(folder, { recursive: true, force: true });
}

function listening() {
  return new Promise((resolve, reject) => {
    let said = '';
    const read = (chunk) => {
      said += chunk;
      const [, url] = /listens on (http:\S+\/api)/.exec(said) ?? [];
      if (url) resolve(url);
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('exit', () => reject(new Error(said)));
  });
}

async function send(url, token, method, address, { type, body } = {}) {
  const headers = { authorization: `Bearer ${token}`, ...(type && { 'content-type': type }) };
  const response = await fetch(url + address, { method, headers, ...(body && { body }) });
  if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`);
  return response;
}

function json(value) {
  return { type: 'application/json', body: JSON.stringify(value) };
}

async function account(url) {
  const email = `${randomUUID()}@example.org`;
  const response = await send(
    url,
    '',
    'POST',
    '/auth/signup',
    json({ email, password: 'a bar that bends 40 cm' }),
  );
  const cli = [path.join(project, 'dist/cli.js'), 'subscription', 'grant', email];
  const { status, stderr } = spawnSync(process.execPath, cli, { env, cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return (await response.json()).token;
}

async function fill(url, token) {
  const sets = Array.from({ length: records }, (_, n) => ({
    clientId: randomUUID(),
    createdAt: NOW - n,
    updatedAt: NOW - n,
    timestamp: NOW - n,
    mode: 'Old School',
    targetReps: 10,
    weightPerCableKg: n % 90,
    duration: 45_000,
    totalReps: n % 13,
    workingReps: n % 11,
    exerciseId: `exercise-${n % 40}`,
    exerciseName: 'Row',
  }));
  for (let n = 0; n < sets.length; n += 2000)
    await send(
      url,
      token,
      'POST',
      '/sync/push',
      json({ deviceId: 'a', lastSync: 0, sessions: sets.slice(n, n + 2000) }),
    );
  for (const { clientId, timestamp } of sets.slice(0, sessions)) {
    const samples = Array.from({ length: SAMPLES }, (_, i) => ({
      timestamp: timestamp + i * 20,
      position: Math.round(4000 + 3000 * Math.sin(i / 40)) / 10,
      velocity: 350 * Math.cos(i / 40),
      load: 20 + Math.random(),
    }));
    await send(url, token, 'POST', `/sessions/${clientId}/metrics`, json({ deviceId: 'a', samples }));
  }
}

function residentMib() {
  return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
}

/** How far the memory rises above where it stood when the work began. */
async function measured(what, work) {
  await pause(2000);
  const before = residentMib();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, residentMib())), 20);
  const started = Date.now();
  await work();
  clearInterval(timer);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${what}: ${before.toFixed(0)} MiB before, ${most.toFixed(0)} at most, ${seconds} s`);
}
