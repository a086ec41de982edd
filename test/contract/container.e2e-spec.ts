import fs from 'node:fs';
import path from 'node:path';
import { environmentVariables } from '../../src/config/env.js';

const project = path.resolve(__dirname, '../..');
const read = (file: string) => fs.readFileSync(path.join(project, file), 'utf8');

/** No Docker runs where these tests do; docs/operations.md says how the image was tried out. */
describe('the container', () => {
  const dockerfile = read('Dockerfile');
  const stages = dockerfile.split(/^FROM /m).slice(1);
  const last = stages.at(-1) ?? '';

  it('is built in stages; the last one neither compiles nor installs', () => {
    expect(stages.length).toBeGreaterThan(2);
    expect(last).not.toMatch(/npm |tsc/);
  });

  it('names its base image by version', () => {
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24-bookworm-slim$/m);
  });

  it('runs as an ordinary account, can be stopped and says how it is', () => {
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(last).toMatch(/^HEALTHCHECK .*\\\n.*\/health\/ready/m);
    expect(last.trim().split('\n').at(-1)).toBe('CMD ["node", "dist/main.js"]');
  });

  it('copies only what is there and what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    expect(copied.filter((file) => !fs.existsSync(path.join(project, file)))).toEqual([]);
    expect([...new Set(copied)].toSorted()).toEqual(allowed.toSorted());
  });

  it('sets variables that there are', () => {
    const known = environmentVariables().map(({ name }) => name);
    const inImage = [...(/^ENV (?:.*\\\n)*.*$/m.exec(last)?.[0] ?? '').matchAll(/([A-Z_]+)=/g)].map(
      ([, name]) => name,
    );
    const server = read('compose.yaml').split(/^ {2}server:$/m)[1] ?? '';
    const inCompose = [...server.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name);
    expect(inImage).toEqual(expect.arrayContaining(['NODE_ENV', 'HOST', 'DATA_DIR']));
    expect(inCompose).toEqual(expect.arrayContaining(['DATABASE_URL', 'JWT_SECRET']));
    expect([...inImage, ...inCompose].filter((name) => name === undefined || !known.includes(name))).toEqual(
      [],
    );
  });

  it('holds no secret', () => {
    for (const file of ['Dockerfile', 'compose.yaml'])
      for (const [, value] of read(file).matchAll(/(?:SECRET|PASSWORD): (.*)/g))
        expect(value).toMatch(/^\$\{\w+:\?/);
  });
});
