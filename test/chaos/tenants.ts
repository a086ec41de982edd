import { randomUUID } from 'node:crypto';
import { Sender } from './sender.js';
import { type Question, questionsAbout } from './tenant-questions.js';

/** An account that asks, with everything it needs to ask. */
export interface Asker {
  token: string;
}

export interface TenantsWorld {
  url: string;
  /**
   * Two accounts in the same state. One asks for what another account owns, the other asks the same of ids that nobody
   * has: whatever tells their answers apart tells of the other account.
   */
  curious: Asker;
  control: Asker;
  /** Every id, name or cursor that a third account owns. */
  foreignIds: readonly string[];
  collections: readonly string[];
}

export interface TenantsReport {
  /** Requests of each asker. */
  asked: number;
  /** Method, address and field of every place where an id was put. */
  places: string[];
  /** One sentence for each pair of answers that differ. */
  leaks: string[];
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** An id of the same form that nobody has. */
function unknownLike(id: string): string {
  const other = id.replaceAll(UUID, () => randomUUID());
  if (other !== id) return other;
  const decoded = Buffer.from(id, 'base64url').toString('utf8');
  const cursor = decoded.replaceAll(UUID, () => randomUUID());
  if (cursor !== decoded) return Buffer.from(cursor).toString('base64url');
  const unlike = randomUUID().replaceAll('-', '');
  return unlike.repeat(Math.ceil(id.length / unlike.length)).slice(0, id.length);
}

/**
 * Puts each id of another account into each field of each route that can name something, and holds the answer against
 * that for an id nobody has: status and body must be the same. What is asked is made from docs/openapi.json, so a new
 * route is asked by itself.
 */
export async function tenantsReport(world: TenantsWorld): Promise<TenantsReport> {
  const unknown = new Map(world.foreignIds.map((id) => [id, unknownLike(id)]));
  const sender = new Sender(world.url, 2);
  const report: TenantsReport = { asked: 0, places: [], leaks: [] };
  try {
    for (const foreign of world.foreignIds)
      for (const question of questionsAbout(foreign, world.collections)) {
        const answers = await Promise.all([
          ask(sender, world.curious, question, (text) => text),
          ask(sender, world.control, question, (text) => replaced(text, unknown)),
        ]);
        const [found, expected] = answers.map((text) => masked(replaced(text, unknown)));
        report.asked++;
        if (!report.places.includes(question.place)) report.places.push(question.place);
        if (found !== expected)
          report.leaks.push(
            `${question.place} = ${foreign}: ${found}\n  but for an unknown one: ${expected}`,
          );
      }
  } finally {
    sender.close();
  }
  report.places.sort();
  return report;
}

async function ask(
  sender: Sender,
  { token }: Asker,
  { operation, path, body }: Question,
  translate: (text: string) => string,
): Promise<string> {
  const { status, text, headers } = await sender.send({
    method: operation.method,
    path: translate(path),
    headers: {
      ...(operation.needsToken ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : Buffer.from(translate(JSON.stringify(body))),
  });
  return `${status} ${headers['content-type'] ?? ''} ${text}`;
}

const replaced = (text: string, names: ReadonlyMap<string, string>): string =>
  [...names].reduce(
    (result, [from, to]) =>
      result.replaceAll(from, to).replaceAll(encodeURIComponent(from), encodeURIComponent(to)),
    text,
  );

/** Without what is different in any two answers: ids that were just given, times, cursors, names of requests. */
const masked = (text: string): string =>
  text
    .replaceAll(/"requestId":"[^"]*"/g, '"requestId":""')
    .replaceAll(/"(token|refreshToken|email|nextCursor)":"[^"]*"/g, '"$1":""')
    .replaceAll(UUID, '<uuid>')
    // Digests hash the server's ids, which differ between any two accounts; the counts beside them stay.
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<hash>')
    .replaceAll(/\b1\d{12}\b/g, '<time>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
