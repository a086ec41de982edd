import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type Env, readEnv } from './env.js';

const ENV_FILE = '.env';
const SECRET_FILE = 'jwt.secret';

/**
 * The configuration of this process: .env below the real environment, checked, with a secret in any case. The only place
 * that reads process.env.
 * @throws InvalidEnvironment with all faults in one message.
 */
export function loadEnv(): Env {
  if (fs.existsSync(ENV_FILE)) process.loadEnvFile(ENV_FILE);
  const env = readEnv(process.env);
  if (env.jwtSecret === '') env.jwtSecret = keptSecret(env.dataDir);
  return env;
}

/** Outside production a secret is made once and kept, so that tokens survive a restart. */
function keptSecret(dataDir: string): string {
  const file = path.join(dataDir, SECRET_FILE);
  if (!fs.existsSync(file)) {
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o711 });
    const draft = `${file}.${process.pid}`;
    fs.writeFileSync(draft, crypto.randomBytes(48).toString('base64url'), { mode: 0o600 });
    try {
      // Unlike a rename, a link does not replace the secret another process made meanwhile.
      fs.linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      fs.rmSync(draft);
    }
  }
  return fs.readFileSync(file, 'utf8');
}
