import { Api } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { curve, Lifter } from '../support/samples.js';

const PARQUET = 'application/vnd.apache.parquet';

describe('reading samples again', () => {
  let app: TestApp;
  let lifter: Lifter;
  beforeAll(async () => {
    app = await startTestApp();
    lifter = await Lifter.in(app);
    await lifter.upload('squat', curve(0, 100));
    await lifter.upload('long', curve(0, 45_000));
  });
  afterAll(() => app.close());

  const read = async (id: string, query = '', headers: Record<string, string> = {}) => {
    const answer = await lifter.fetch(id, query, { headers });
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  };
  const tagOf = async (id: string, query = '', headers: Record<string, string> = {}) =>
    (await read(id, query, headers)).headers.get('etag') as string;

  it.each(['squat', 'long', 'never-uploaded'])('costs nothing while %s is the same', async (id) => {
    if (id === 'never-uploaded') await pushEmptySession(id);
    const tag = await tagOf(id, '?format=columns');
    expect(tag).toMatch(/^"[\w-]+"$/);
    const again = await read(id, '?format=columns', { 'if-none-match': `"other", W/${tag}` });
    expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, '', tag]);
    expect(again.headers.get('cache-control')).toBe('private, no-cache');
    expect(again.headers.get('vary')).toContain('accept');
  });

  it('gives everything, and another ETag, after an upload that changed something', async () => {
    await lifter.upload('row', curve(0, 50));
    const first = await tagOf('row');
    await lifter.upload('row', curve(0, 50));
    expect(await tagOf('row')).toBe(first);
    await lifter.upload('row', curve(49, 1, 21));
    const corrected = await read('row', '', { 'if-none-match': first });
    expect([corrected.status, JSON.parse(corrected.body).samples.length]).toEqual([200, 50]);
    await lifter.upload('row', curve(50, 50));
    expect(new Set([first, corrected.headers.get('etag'), await tagOf('row')]).size).toBe(3);
  });

  it('has an ETag of its own for every form of the answer', async () => {
    const forms: [string, Record<string, string>][] = [
      ['', {}],
      ['?format=columns', {}],
      ['?points=10', {}],
      ['?from=5', {}],
      ['?to=9007199254740991', {}],
      ['', { accept: PARQUET }],
      ['', { 'accept-encoding': 'identity' }],
    ];
    const tags = await Promise.all(forms.map(([query, headers]) => tagOf('squat', query, headers)));
    expect(new Set(tags).size).toBe(forms.length);
    const [rows] = tags;
    for (const [query, headers] of forms.slice(1)) {
      const { status } = await read('squat', query, { ...headers, 'if-none-match': rows });
      expect([query, headers, status]).toEqual([query, headers, 200]);
    }
  });

  it('answers 304 for Parquet too', async () => {
    const tag = await tagOf('squat', '', { accept: PARQUET });
    expect((await read('squat', '', { accept: PARQUET, 'if-none-match': tag })).status).toBe(304);
  });

  it('answers 404 for what is not there, whatever was held', async () => {
    const stranger = await Lifter.in(app);
    const tag = await tagOf('squat');
    for (const held of [tag, '*']) {
      const answer = await stranger.fetch('squat', '', { headers: { 'if-none-match': held } });
      expect(answer.status).toBe(404);
    }
  });

  async function pushEmptySession(clientId: string): Promise<void> {
    const record = { clientId, timestamp: 1, mode: 'Old School', targetReps: 1, weightPerCableKg: 1 };
    const sessions = [{ ...record, createdAt: 1, updatedAt: 1 }];
    const body = { deviceId: 'phone', sessions };
    const { status } = await new Api(app.url).post('/api/sync/push', { body, token: lifter.account.token });
    expect(status).toBe(200);
  }
});
