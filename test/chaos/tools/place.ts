import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ServerProcess } from '../../support/server-process.js';
import { environment, type Scene } from '../scene.js';
import { Cluster, type ClusterOptions, type Home } from './cluster.js';

/** The PostgreSQL that trials share which do not break it. Made when it is first asked for. */
export class SharedPlace {
  private opened: Promise<Cluster> | undefined;
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-chaos-'));

  constructor() {
    fs.chmodSync(this.folder, 0o711);
  }

  async newHome(): Promise<Home> {
    this.opened ??= this.open();
    const cluster = await this.opened;
    return cluster.createDatabase(`chaos_${randomBytes(4).toString('hex')}`, 'migrated');
  }

  async close(): Promise<void> {
    const cluster = await this.opened?.catch(() => undefined);
    await cluster?.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private async open(): Promise<Cluster> {
    const cluster = await Cluster.start({
      data: path.join(this.folder, 'data'),
      logFile: path.join(this.folder, 'log'),
    });
    await migrated(cluster, 'migrated');
    return cluster;
  }
}

/** A PostgreSQL for one trial, which it may hurt. */
export async function newCluster(scene: Scene, options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const folder = scene.folder();
  const places = { data: path.join(folder, 'data'), logFile: path.join(folder, 'log') };
  const cluster = await Cluster.start({ ...places, ...options });
  scene.atEnd(() => cluster.stop());
  return cluster;
}

/** A database as the server itself makes it: it migrates before it listens. */
export async function migrated(cluster: Cluster, name: string): Promise<Home> {
  const home = await cluster.createDatabase(name);
  const server = await ServerProcess.start(environment(home));
  await server.end('SIGTERM');
  return home;
}
