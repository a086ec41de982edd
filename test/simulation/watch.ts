import type { Line, Observer } from './line.js';
import { markOf } from './marks.js';
import { type SimServer, stateKey } from './server.js';
import type { PullAnswer, PushAnswer, PushBody, Wire } from './wire.js';
import { COLLECTIONS, type SimCollection } from './commands.js';
import { hold } from './violation.js';

/** A push that has arrived. */
interface Arrived {
  account: number;
  body: PushBody;
}

/** Sees all requests as the server does, and holds invariants 6 to 9 against each. */
export class Watch implements Observer {
  /** Of requests that were answered since the server last was restored; oldest first. */
  arrived: Arrived[] = [];
  /** Requests that are still on their way. */
  waiting: Arrived[] = [];
  /** By account: every state the server said it took. */
  readonly accepted = [new Set<string>(), new Set<string>()];
  /** By account: what was ever sent there. */
  private readonly marks = [new Set<string>(), new Set<string>()];
  /** By account: the latest push, while nothing else has changed the account; a released child is sent to everybody. */
  private readonly latest = new Map<number, { line: Line; body: PushBody; answer: PushAnswer }>();
  /** A request came after others that its phone had sent later. */
  isAnyLate = false;
  /** Other requests come between a question and the next answer. */
  isBusy = false;

  constructor(private readonly server: SimServer) {}

  delayed({ account }: Line, body: PushBody): void {
    this.waiting.push({ account, body });
  }

  pushed(line: Line, body: PushBody, answer: PushAnswer): Promise<void> {
    const { account } = line;
    this.note(account, body, answer);
    this.latest.set(account, { line, body, answer });
    return Promise.resolve();
  }

  /** What every push that arrives, from a phone or much later, must hold. */
  note(account: number, body: PushBody, answer: PushAnswer): void {
    this.arrived.push({ account, body });
    const sent = recordsOf(body);
    const singletons = sent.filter(({ collection }) => collection === 'gamificationStats');
    const mapped = Object.values(answer.idMappings).reduce((sum, ids) => sum + Object.keys(ids).length, 0);
    const refusedStats = answer.rejected.filter(({ collection }) => collection === 'gamificationStats');
    const taken = mapped + singletons.length - refusedStats.length;
    hold(
      8,
      taken + answer.rejected.length === sent.length,
      () => `of ${sent.length} records ${taken} were accepted and ${answer.rejected.length} rejected`,
    );
    for (const { collection, record } of sent) {
      this.marks[account].add(labelOf(collection, record));
      const serverId = answer.idMappings[collection]?.[record.clientId];
      if (serverId)
        this.accepted[account].add(
          stateKey(serverId, markOf(collection, record), record['deletedAt'], record['updatedAt']),
        );
    }
    this.checkOwn(
      account,
      answer.superseded.map(({ collection, record }) => ({
        collection: collection as SimCollection,
        record,
      })),
    );
    this.latest.delete(account);
  }

  async pulling(line: Line, body: PushBody): Promise<(answer: PullAnswer) => Promise<void>> {
    const { account } = line;
    const { deviceId, lastSync } = body;
    const pending = await this.server.pendingChanges(account, body);
    const latest = this.latest.get(account);
    return (answer) => {
      const brought = recordsOf(answer);
      if (!this.isBusy && (body.epoch ?? answer.epoch) === answer.epoch) {
        const isRight = answer.hasMore ? pending > brought.length : pending === brought.length;
        hold(
          9,
          isRight,
          () =>
            `${deviceId} at ${lastSync}: ${pending} pending, ${brought.length} came${answer.hasMore ? ', there is more' : ''} ${JSON.stringify([body, answer])}`,
        );
      }
      if (latest?.line === line && latest.answer.syncTime === lastSync)
        checkHeld(latest.body, latest.answer, brought);
      this.checkOwn(account, brought);
      return Promise.resolve();
    };
  }

  private checkOwn(account: number, records: readonly Sent[]): void {
    for (const { collection, record } of records)
      hold(
        7,
        collection === 'gamificationStats' || this.marks[account].has(labelOf(collection, record)),
        () => `${account === 0 ? 'the first' : 'the second'} account was shown ${JSON.stringify(record)}`,
      );
  }

  /** The server has forgotten what came after its backup. */
  serverRestored(accepted: readonly Set<string>[]): void {
    for (const [account, states] of accepted.entries()) {
      this.accepted[account].clear();
      for (const state of states) this.accepted[account].add(state);
    }
    this.arrived = [];
    this.latest.clear();
  }
}

interface Sent {
  collection: SimCollection;
  record: Wire;
}

export const recordsOf = (body: Record<string, unknown>): Sent[] =>
  COLLECTIONS.flatMap((collection) =>
    [body[collection] ?? []].flat().map((record) => ({ collection, record: record as Wire })),
  );

const labelOf = (collection: SimCollection, record: Wire) => `${collection} ${markOf(collection, record)}`;

/** Ids are the server's to choose, and a parent may be called by any of its names. */
const IDS = ['clientId', 'serverId', 'sessionId', 'routineId', 'supersetId'];

/** Invariant 6: what the latest push sent, and what is the head exactly as sent, does not come back. */
function checkHeld(body: PushBody, { idMappings }: PushAnswer, brought: readonly Sent[]): void {
  for (const { collection, record } of recordsOf(body)) {
    const serverId = idMappings[collection]?.[record.clientId];
    const back = brought.find((one) =>
      serverId ? one.record.serverId === serverId : one.collection === collection && !idMappings[collection],
    );
    const isSame =
      back &&
      Object.keys(record).every(
        (key) => IDS.includes(key) || (back.record[key] ?? null) === (record[key] ?? null),
      );
    hold(6, !isSame, () => `it sent ${JSON.stringify(record)} and was sent ${JSON.stringify(back?.record)}`);
  }
}
