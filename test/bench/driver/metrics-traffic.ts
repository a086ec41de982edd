import { randomUUID } from 'node:crypto';
import { makeSamples } from '../data/samples.js';
import type { Account, Setting } from './protocol.js';
import {
  type Answer,
  countOf,
  eachOf,
  headersOf,
  type Line,
  type Question,
  type TrafficFactory,
  turns,
  wrongStatus,
} from './traffic.js';

/** Different series, so that no cache of a processor knows them all. */
export const SERIES = 16;
export const FIRST_SEED = 100;
const PARQUET = 'application/vnd.apache.parquet';
const PLOT_POINTS = 500;

const bodiesOf = (samples: number) =>
  Array.from({ length: SERIES }, (_, i) =>
    Buffer.from(JSON.stringify({ deviceId: 'phone', samples: makeSamples(FIRST_SEED + i, samples) })),
  );

/** One upload of samples as JSON. */
export const upload = (account: Account, sessionId: string, body: Buffer, samples: number): Question => ({
  method: 'POST',
  path: `/api/sessions/${sessionId}/metrics`,
  headers: headersOf(account),
  body,
  check: (answer) => {
    const fault = wrongStatus(answer, 201);
    if (fault !== null) return fault;
    const { uploaded } = JSON.parse(answer.body.toString()) as { uploaded: number };
    return uploaded === samples ? null : `${uploaded} of ${samples} samples were stored`;
  },
});

/** `size` samples of a new session in every request. */
export const metricsUpload: TrafficFactory = ({ accounts, size }) => {
  const nextAccount = turns(accounts);
  const nextBody = turns(bodiesOf(size));
  return { next: () => upload(nextAccount(), randomUUID(), nextBody(), size) };
};

/** Stores the series once; asks for them in turn. */
function reading(
  { accounts, size }: Setting,
  line: Line,
  { query = '', accept, check }: { query?: string; accept: string; check: (answer: Answer) => string | null },
) {
  const questions: Question[] = [];
  const nextQuestion = turns(questions);
  return {
    prepare: async () => {
      const bodies = bodiesOf(size).map((body, i) => ({ body, account: accounts[i % accounts.length] }));
      await eachOf(bodies, 1, async ({ body, account }) => {
        const sessionId = randomUUID();
        await line.ask(upload(account, sessionId, body, size));
        const { authorization } = headersOf(account);
        questions.push({
          method: 'GET',
          path: `/api/sessions/${sessionId}/metrics${query}`,
          headers: { authorization, accept },
          check: (answer) => wrongStatus(answer, 200) ?? check(answer),
        });
      });
    },
    next: () => nextQuestion(),
  };
}

const checkSamples = (count: number) => (answer: Answer) => {
  const found = countOf(answer.body, 'timestamp');
  return found === count ? null : `${found} samples instead of ${count}`;
};

export const metricsDownload: TrafficFactory = (setting, line) =>
  reading(setting, line, { accept: 'application/json', check: checkSamples(setting.size) });

export const metricsPlot: TrafficFactory = (setting, line) =>
  reading(setting, line, {
    query: `?points=${PLOT_POINTS}`,
    accept: 'application/json',
    check: ({ body }) => {
      const found = countOf(body, 'timestamp');
      return found <= PLOT_POINTS && found > PLOT_POINTS * 0.9 ? null : `${found} points for ${PLOT_POINTS}`;
    },
  });

/** Fewer bytes a sample than any series needs. */
const LEAST_BYTES = 5;

export const metricsParquet: TrafficFactory = (setting, line) =>
  reading(setting, line, {
    accept: PARQUET,
    check: ({ body }) =>
      body.toString('latin1', 0, 4) === 'PAR1' &&
      body.toString('latin1', body.length - 4) === 'PAR1' &&
      body.length > setting.size * LEAST_BYTES
        ? null
        : `${body.length} bytes that are no series`,
  });
