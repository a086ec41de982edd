import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { VALUE_COLUMNS } from '../../src/metrics/sample-columns.js';
import { Api, type Answer } from './api.js';
import type { TestApp } from './app.js';
import { type Account, premiumAccount } from './phone.js';

export type Sample = { timestamp: number; status?: number } & Partial<
  Record<(typeof VALUE_COLUMNS)[number], number | null>
>;

/** Three minutes at 50 Hz as the first-generation app sends them. */
export const recordedUpload = () =>
  JSON.parse(gunzipSync(fs.readFileSync('test/fixtures/metrics-50hz-3min.json.gz')).toString()) as {
    deviceId: string;
    samples: Sample[];
  };

export const START = 1_767_500_000_000;

/** Samples every 20 ms from the `first`th on; `load` tells who wrote them. */
export const curve = (first: number, count: number, load = 20): Sample[] =>
  Array.from({ length: count }, (_, i) => ({
    timestamp: START + (first + i) * 20,
    position: Math.round(4000 + 3000 * Math.sin((first + i) / 40)) / 10,
    velocity: 350 * Math.cos((first + i) / 40),
    load,
  }));

/** What has to come back: every key, values as float32 and as bits, so that -0 is not 0. */
export const bitsOf = (samples: readonly Sample[]) =>
  samples.map((sample) => [
    sample.timestamp,
    ...VALUE_COLUMNS.map((name) => floatBits(sample[name] ?? null)),
    sample.status ?? 0,
  ]);

const floatBits = (value: number | null) =>
  value === null ? null : new Int32Array(Float32Array.of(value).buffer)[0];

/** Somebody signed in with premium who uploads and reads samples. */
export class Lifter {
  private constructor(
    private readonly app: TestApp,
    readonly account: Account,
  ) {}

  static async in(app: TestApp): Promise<Lifter> {
    return new Lifter(app, await premiumAccount(app));
  }

  private get token(): string {
    return this.account.token;
  }

  /** The answer as it is, for refusals. */
  post(id: string, body: unknown): Promise<Answer> {
    return new Api(this.app.url).post(this.path(id), { body, token: this.token });
  }

  /** Fails the test unless the upload is stored. */
  async upload(
    id: string,
    samples: readonly Sample[],
    deviceId = 'phone',
  ): Promise<{ uploaded: number; total: number }> {
    const { status, body } = await this.post(id, { deviceId, samples });
    if (status !== 201) throw new Error(`the upload was answered with ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  get(id: string, query = ''): Promise<Answer> {
    return new Api(this.app.url).get(`${this.path(id)}${query}`, { token: this.token });
  }

  /** Fails the test unless there are samples to read. */
  async samples(id: string, query = ''): Promise<Sample[]> {
    const { status, body } = await this.get(id, query);
    if (status !== 200) throw new Error(`reading was answered with ${status}: ${JSON.stringify(body)}`);
    return body.samples;
  }

  fetch(id: string, query = '', init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, ...(init.headers as Record<string, string>) };
    return fetch(`${this.app.url}${this.path(id)}${query}`, { ...init, headers });
  }

  chunks(): Promise<{ id: string; session_key: string; sample_count: number; bytes: number }[]> {
    return this.app.owner.query({
      text: `select id, session_key, sample_count, octet_length(blob) as bytes from metric_chunks
        where user_id = $1 order by first_at, id`,
      values: [this.account.userId],
    });
  }

  private path(id: string): string {
    return `/api/sessions/${encodeURIComponent(id)}/metrics`;
  }
}
