import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const START_MS = 10_000;
/** pgbouncer refuses to be root. */
const NOBODY = 65_534;

/** Jest's workers are processes of their own: flock lets one install while the others wait, and then find it done. */
const INSTALL = `
  command -v pgbouncer >/dev/null && exit
  echo 'Installing pgbouncer for the tests behind a pooler' >&2
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \\
    -o DPkg::Lock::Timeout=300 pgbouncer >/dev/null`;

/** A pooler in transaction mode before one database. */
export interface Pgbouncer {
  /** The database's address through it. */
  url: string;
  version: string;
  stop(): Promise<void>;
}

const isRoot = () => process.getuid?.() === 0;

/** Debian has it where nobody but root looks. */
const PATH = `${process.env.PATH}:/usr/sbin`;

function versionOf(): string | undefined {
  const { status, stdout } = spawnSync('pgbouncer', ['--version'], {
    encoding: 'utf8',
    env: { ...process.env, PATH },
  });
  return status === 0 ? /\d+\.\d+\.\d+/.exec(stdout)?.[0] : undefined;
}

/** The tests bring what they need: on Debian as root pgbouncer is installed if there is none. */
function install(): string {
  let version = versionOf();
  if (version === undefined && isRoot() && fs.existsSync('/usr/bin/apt-get')) {
    execFileSync('flock', [path.join(os.tmpdir(), 'phoenix-test-pgbouncer.lock'), 'sh', '-ec', INSTALL], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PATH },
    });
    version = versionOf();
  }
  if (version === undefined)
    throw new Error(
      'The tests behind a pooler need pgbouncer: install one (Debian: apt-get install pgbouncer).',
    );
  return version;
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** No parameter is ignored: what the server sends must be what a pooler takes by default. */
const settings = (target: URL, port: number, connections: number) => `
[databases]
${target.pathname.slice(1)} = host=${target.hostname} port=${target.port} user=${target.username} password=${target.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 500
`;

/** @param connections to PostgreSQL: fewer than the server has to the pooler, so that each goes from hand to hand. */
export async function startPgbouncer(databaseUrl: string, connections = 4): Promise<Pgbouncer> {
  const version = install();
  const target = new URL(databaseUrl);
  const port = await freePort();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-test-pgbouncer-'));
  fs.chmodSync(folder, 0o755);
  const file = path.join(folder, 'pgbouncer.ini');
  fs.writeFileSync(file, settings(target, port, connections));
  const child = spawn('pgbouncer', [file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH },
    ...(isRoot() ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  await ready(child, port);
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    version,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        // At once: clients and servers are not waited for.
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ready(child: ChildProcess, port: number): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk) => (said = (said + chunk).slice(-4000)));
  for (const deadline = Date.now() + START_MS; ; await pause(10)) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`pgbouncer did not start:\n${said}`);
    const socket = net.connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      // Not yet.
    } finally {
      socket.destroy();
    }
  }
}
