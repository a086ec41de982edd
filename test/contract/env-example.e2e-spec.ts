import fs from 'node:fs';
import path from 'node:path';
import { Env, environmentVariables, InvalidEnvironment, readEnv } from '../../src/config/env.js';

const project = path.resolve(__dirname, '../..');
const example = fs.readFileSync(path.join(project, '.env.example'), 'utf8');
const assignments = new Map(
  [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
);

describe('.env.example', () => {
  it('holds every variable with its default, and nothing else', () => {
    expect([...assignments]).toEqual(environmentVariables().map((v) => [v.name, v.default ?? '']));
  });

  it('says of each what it is for', () => {
    for (const block of example.trim().split('\n\n').slice(1)) expect(block).toMatch(/^(# .+\n)+[A-Z_]+=/);
  });

  it('is a valid environment, the same as none at all', () => {
    expect(readEnv(Object.fromEntries(assignments))).toEqual(readEnv({}));
  });

  it('names every property of Env', () => {
    expect(Object.keys(readEnv({})).toSorted()).toEqual(
      environmentVariables()
        .map(({ property }) => property)
        .toSorted(),
    );
  });
});

const faultsOf = (source: NodeJS.ProcessEnv): string => {
  try {
    readEnv(source);
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.message;
    throw error;
  }
  return '';
};

describe('the environment', () => {
  it.each([
    ['PORT', 'http'],
    ['PORT', '-1'],
    ['DATABASE_POOL_SIZE', '1.5'],
    ['DATABASE_URL', 'nonsense'],
    ['DATABASE_OWNER_URL', 'postgres://phoenix:a/b@127.0.0.1/phoenix'],
    ['DATABASE_REPLICA_URL', 'mysql://127.0.0.1/phoenix'],
    ['ACCESS_TOKEN_DAYS', '0'],
    ['RATE_LIMIT', 'true'],
    ['LOG_LEVEL', 'loud'],
    ['TRUSTED_PROXIES', '10.0.0.1, proxy.example'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['NODE_ENV', 'prod'],
    ['JWT_SECRET', 'short'],
  ])('refuses %s=%s by name, without repeating a secret', (name, value) => {
    expect(faultsOf({ [name]: value })).toContain(`- ${name}`);
    if (name === 'JWT_SECRET') expect(faultsOf({ [name]: value })).not.toContain(value);
  });

  it('has no default secret in production', () => {
    expect(faultsOf({ NODE_ENV: 'production' })).toContain('- JWT_SECRET');
    expect(readEnv({ NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(32) })).toBeInstanceOf(Env);
  });
});
