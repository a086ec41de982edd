import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const cli = path.resolve(import.meta.dirname, '../dist/cli.js');

/**
 * The whole server in this very process, on an embedded PostgreSQL in a folder of its own: whoever ends this process
 * ends all of it. Nothing of the environment and no .env has a say in it.
 */
export class ThrowAwayServer {
  /**
   * @param {string} folder
   * @param {{ close(): Promise<void> }} app
   * @param {string} url
   */
  constructor(folder, app, url) {
    this.folder = folder;
    this.app = app;
    this.url = url;
  }

  static async start() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-demo-'));
    // PostgreSQL does not run as root: its account has to pass through.
    fs.chmodSync(folder, 0o711);
    try {
      const { readEnv } = await import('../dist/config/env.js');
      const { createApp } = await import('../dist/app.js');
      const secret = randomBytes(48).toString('base64url');
      const { app } = await createApp(
        readEnv({ DATA_DIR: folder, JWT_SECRET: secret, PORT: '0', LOG_LEVEL: 'error' }),
      );
      await app.listen(0, '127.0.0.1');
      return new ThrowAwayServer(folder, app, `http://127.0.0.1:${app.getHttpServer().address().port}`);
    } catch (error) {
      fs.rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** What `npm run cli -- …` does beside a running server: another process, the same database. */
  async command(/** @type {string[]} */ ...words) {
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...words], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, DATA_DIR: this.folder },
    });
    return stdout.trim();
  }

  async stop() {
    try {
      await this.app.close();
    } finally {
      fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}
