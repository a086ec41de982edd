import { randomUUID } from 'node:crypto';
import { complaintAbout, HostileRequests } from './hostile.js';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { Sender } from './sender.js';
import { Caller, setSubscription } from './tools/people.js';
import { Lifter } from './tools/lifter.js';
import { randomFrom } from '../bench/data/random.js';

const REQUESTS = { usual: 20_000, full: 100_000 } as const;
const AT_ONCE = 8;

/** To nobody: mails wait. */
const MAIL = {
  SMTP_URL: 'smtp://127.0.0.1:9',
  MAIL_FROM: 'portal@example.org',
  PORTAL_URL: 'https://portal.example.org',
};

/** Each kind of internal error once. */
function causesIn(log: string): string[] {
  const causes = log.split('\n').flatMap((line) => {
    try {
      const { msg, err } = JSON.parse(line) as { msg?: string; err?: { stack?: string } };
      return [`${msg ?? ''}: ${err?.stack?.split('\n').slice(0, 6).join(' | ') ?? ''}`];
    } catch {
      return [];
    }
  });
  return [...new Set(causes)].slice(0, 10);
}

/** Requests made from the API's own document, spoilt in every way that we know, to a server that must take them all. */
export async function hostileInput(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  // What was wrong inside is in its log, and told below. Mail is configured, or it would rightly say that it has none.
  const server = await scene.serve(home, { LOG_LEVEL: 'error', ...MAIL });
  const caller = new Caller(scene, server.url);
  const accounts = await Promise.all(Array.from({ length: 4 }, () => caller.signUp()));
  for (const account of accounts) await setSubscription(home, account, 'premium');
  const ids: string[] = [randomUUID()];
  for (const account of accounts) {
    const lifter = new Lifter({
      wire: scene.wire,
      account,
      url: () => server.url,
      random: randomFrom(scene.seed),
    });
    await lifter.push();
    for (const [clientId, { serverIds }] of lifter.records) ids.push(clientId, ...serverIds);
    ids.push(lifter.deviceId);
  }
  const requests = new HostileRequests({ seed: scene.seed, tokens: accounts.map(({ token }) => token), ids });
  const sender = new Sender(server.url, AT_ONCE);
  scene.atEnd(() => sender.close());
  const checks = new Checks();
  const statuses = new Map<number, number>();
  const total = scene.full ? REQUESTS.full : REQUESTS.usual;
  const { witness } = scene.options;
  const work = async () => {
    for (let n = 0; n < total / AT_ONCE; n++) {
      const request = requests.next();
      const answer = await sender.send(request);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const what = `${request.method} ${request.path.slice(0, 100)}`;
      const complaint = complaintAbout(request, answer);
      if (complaint !== null) checks.check(false, `${what}: ${complaint}`);
      else if (request.method !== 'HEAD') witness.see(what, answer.status, answer.headers, answer.text);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  checks.check(!server.hasEnded, 'the server has ended');
  const { status } = await scene.wire.get(`${server.url}/health/ready`);
  checks.check(status === 200, `afterwards it is ready: ${status}`);
  for (const cause of causesIn(server.output)) scene.say(`  ${cause}`);
  const accepted = statuses.get(200) ?? 0;
  checks.check(accepted > total / 100, `only ${accepted} were taken: the rest says little`);
  const list = [...statuses].toSorted(([a], [b]) => a - b).map(([each, n]) => `${n} × ${each}`);
  return {
    promise: 'Input never breaks the server.',
    done: `${total.toLocaleString('en-US')} requests generated from the API’s document, with spoilt values, keys, texts, encodings, headers and paths`,
    figure: checks.figure(`0 answers ≥ 500, 0 crashes (${list.join(', ')})`),
    held: checks.held,
  };
}
