// The load driver: a process of its own, so that none of its work is in the server's CPU.
import type { Order, Outcome, Reply } from './protocol.js';
import { poolFor, run } from './run.js';
import { dispatch, type Traffic } from './traffic.js';
import { TRAFFICS } from './traffics.js';

const PREPARING_CONNECTIONS = 8;

const loaded = new Map<string, { url: string; traffic: Traffic }>();

function get(key: string) {
  const found = loaded.get(key);
  if (found === undefined) throw new Error(`there is no traffic ${key}`);
  return found;
}

async function obey(order: Order): Promise<Outcome | undefined> {
  if (order.kind === 'load') {
    const { url } = order.setting;
    const pool = poolFor(url, PREPARING_CONNECTIONS);
    const traffic = TRAFFICS[order.setting.traffic](order.setting, {
      ask: async (question) => {
        const answer = await dispatch(pool, question);
        const fault = question.check(answer);
        if (fault !== null) throw new Error(`${question.method} ${question.path}: ${fault}`);
        return answer;
      },
    });
    loaded.set(order.key, { url, traffic });
    if (!order.setting.isPrepared) await traffic.prepare?.();
    return undefined;
  }
  const { url, traffic } = get(order.key);
  if (order.kind === 'run') return run(url, traffic, order.pace);
  await traffic.renew?.();
  return undefined;
}

process.on('message', (order: Order) => {
  obey(order).then(
    (outcome) => process.send?.({ outcome } satisfies Reply),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? String(error.stack) : String(error) } satisfies Reply),
  );
});
// Whoever started us is gone.
process.on('disconnect', () => process.exit(0));
