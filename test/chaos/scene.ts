import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { insertAccounts, makeAccounts, type NewAccount, SECRET } from '../bench/lab/accounts.js';
import { withClient } from '../bench/lab/postgres.js';
import { ServerProcess } from '../support/server-process.js';
import type { Home } from './tools/cluster.js';
import { Wire } from './tools/wire.js';
import type { Witness } from './tools/witness.js';

export interface SceneOptions {
  seed: number;
  /** As much as the promise says, however long that takes. */
  full: boolean;
  witness: Witness;
  /** A migrated database without a user, on a PostgreSQL nobody breaks. */
  newHome: () => Promise<Home>;
  /** Tells the people in front of the screen. */
  say: (line: string) => void;
}

/** One trial's place: servers, databases, folders, all of which end with it. */
export class Scene {
  readonly wire: Wire;
  private readonly endings: (() => Promise<unknown> | void)[] = [];

  constructor(readonly options: SceneOptions) {
    this.wire = this.newWire();
  }

  /** One with connections of its own. */
  newWire(connections?: number): Wire {
    const wire = new Wire(this.options.witness, connections);
    this.atEnd(() => wire.close());
    return wire;
  }

  get full(): boolean {
    return this.options.full;
  }

  get seed(): number {
    return this.options.seed;
  }

  say(line: string): void {
    this.options.say(line);
  }

  /** The last is done first. */
  atEnd(work: () => Promise<unknown> | void): void {
    this.endings.push(work);
  }

  async end(): Promise<void> {
    for (const work of this.endings.splice(0).toReversed())
      try {
        await work();
      } catch (error) {
        this.say(`while tidying up: ${String(error)}`);
      }
  }

  /** A part of the trial that tidies up before the next one begins. */
  async part<T>(work: (scene: Scene) => Promise<T>): Promise<T> {
    const scene = new Scene(this.options);
    this.atEnd(() => scene.end());
    try {
      return await work(scene);
    } finally {
      await scene.end();
    }
  }

  newHome(): Promise<Home> {
    return this.options.newHome();
  }

  /** A folder of its own, through which the account of PostgreSQL may pass. */
  folder(): string {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-chaos-'));
    fs.chmodSync(folder, 0o711);
    this.atEnd(() => fs.rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  /** The built server as an operator runs it, but quiet. */
  async serve(
    home: Addresses,
    env: Readonly<Record<string, string>> = {},
    program?: string,
  ): Promise<ServerProcess> {
    const server = await ServerProcess.start({ ...environment(home), ...env }, program);
    this.atEnd(() => server.end('SIGKILL'));
    return server;
  }

  /** Accounts with premium, each with a token that every server of this run accepts. */
  async accounts(
    { adminUrl }: Pick<Home, 'adminUrl'>,
    count: number,
    lifeSeconds?: number,
  ): Promise<NewAccount[]> {
    const accounts = makeAccounts(count, lifeSeconds);
    await withClient(adminUrl, (client) => insertAccounts(client, accounts));
    return accounts;
  }
}

/** What of a database the server is told. */
export type Addresses = Pick<Home, 'url' | 'ownerUrl'>;

/** The embedded PostgreSQL, which has no address before it runs. */
export const EMBEDDED: Addresses = { url: '', ownerUrl: '' };

export const environment = ({ url, ownerUrl }: Addresses): Record<string, string> => ({
  NODE_ENV: 'production',
  DATABASE_URL: url,
  DATABASE_OWNER_URL: ownerUrl,
  JWT_SECRET: SECRET,
  LOG_LEVEL: 'fatal',
  RATE_LIMIT: 'off',
});
