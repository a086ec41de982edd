import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import os from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { pack } from '../../src/metrics/parquet.js';
import { allocate } from '../../src/metrics/sample-columns.js';
import { outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { aRoutine, aSet, type Portal, portalOf } from '../support/portal.js';
import { curve } from '../support/samples.js';
import { Api } from '../support/api.js';
import { Exported, forged, importZip, zipOf } from '../support/zip.js';

describe('a file that is no honest export', () => {
  let app: TestApp;
  let portal: Portal;
  let made: Exported;

  beforeAll(async () => {
    app = await startTestApp({ env: { IMPORT_MAX_MIB: '8' } });
    const owner = await portalOf(app);
    const set = aSet();
    await owner.push({ sessions: [set], routines: [aRoutine()] });
    await new Api(app.url).post(`/api/sessions/${set.clientId}/metrics`, {
      token: owner.token,
      body: { deviceId: 'p', samples: curve(0, 50) },
    });
    made = await Exported.from(app.url, owner.token);
    portal = await portalOf(app);
  });
  afterAll(() => app.close());

  /** Nothing was stored, and nothing lies about. */
  afterEach(async () => {
    const [row] = await app.owner.query<{ count: string }>({
      text: 'select count(*) from workout_sessions where user_id = $1',
      values: [portal.userId],
    });
    expect(row?.count).toBe('0');
    expect(fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('phoenix-import-'))).toEqual([]);
  });

  const send = (zip: Buffer, query?: string) => importZip(app.url, portal.token, zip, query);
  const refused = async (zip: Buffer) => outcomeOf(await send(zip));

  it.each([
    ['nothing', () => Buffer.alloc(0)],
    ['a text', () => Buffer.from('this is no ZIP')],
    ['an empty ZIP', () => zipOf([])],
    ['a ZIP of something else', () => zipOf([['holiday.txt', 'sun']])],
    ['a manifest that is no JSON', () => zipOf([['manifest.json', 'hello']])],
    [
      'a manifest of something else',
      () => zipOf([['manifest.json', '{"format":"other","formatVersion":1,"files":[]}']]),
    ],
    ['a manifest of nulls', () => zipOf([['manifest.json', 'null']])],
    ['a manifest without files', () => forged(made, {}, { files: [null, 3] })],
    ['two files of one name', () => zipOf([...made.files, ['manifest.json', made.text('manifest.json')]])],
  ])('%s is not an export', async (_, zip) => {
    expect(await refused(await zip())).toEqual([400, 'import.not_an_export']);
  });

  it('was made by a newer server', async () => {
    expect(await refused(await forged(made, {}, { formatVersion: 2 }))).toEqual([400, 'import.newer_format']);
  });

  it.each([
    ['it ends early', () => made.zip.subarray(0, made.zip.length - 300)],
    ['its beginning is lost', () => made.zip.subarray(200)],
    ['a file is missing', () => zipOf([...made.files].filter(([name]) => name !== 'records/sessions.json'))],
    [
      'a file was changed',
      () => zipOf([...made.files].map(([n, b]) => [n, n === 'devices.json' ? '[]' : b])),
    ],
    ['a byte is another', () => flipped(made.zip, made.zip.indexOf('records/sessions.json') + 60)],
  ])('is damaged: %s', async (_, zip) => {
    expect(await refused(await zip())).toEqual([400, 'import.damaged']);
  });

  it.each([
    ['no list', '[\n{"record":\n]\n'],
    ['a line that never ends', `[\n"${randomBytes(3_300_000).toString('base64')}`],
    ['no text', Buffer.from([0xff, 0xfe, 0x0a, 0x22, 0x0a])],
  ])('is right about its files, and has %s for one', async (_, list) => {
    const zip = await forged(made, { 'records/badges.json': list });
    const answer = await send(zip);
    expect(outcomeOf(answer)).toEqual([400, 'import.not_an_export']);
    expect(answer.body.detail).toContain('what stands before');
  });

  it('is larger than the operator allows', async () => {
    const zip = await zipOf([['noise', Buffer.alloc(9 * 1024 * 1024, 'x')], ...made.files]);
    const stored = Buffer.concat([Buffer.alloc(9 * 1024 * 1024), zip]);
    const answer = await send(stored);
    expect(outcomeOf(answer)).toEqual([413, 'import.too_large']);
    expect(answer.body.detail).toContain('8 MiB');
  });

  it('unpacks to far more than it is', async () => {
    const bomb = await zipOf([['bomb', Buffer.alloc(20 * 1024 * 1024)], ...made.files]);
    expect(bomb.length).toBeLessThan(64 * 1024);
    expect(await refused(bomb)).toEqual([413, 'import.too_large']);
  });

  it('lies about what it unpacks to', async () => {
    const honest = await forged(made, { 'records/sessions.json': Buffer.alloc(50_000_000, ' ') });
    // The size in the central directory, which is the one that counts.
    const lying = Buffer.from(honest);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(50_000_000);
    lying.writeUInt32LE(1000, lying.lastIndexOf(size));
    expect(await refused(lying)).toEqual([400, 'import.damaged']);
  });

  it.each(['../../../etc/passwd', '/etc/passwd', 'C:/windows'])('has a file called %s', async (name) => {
    const zip = await zipOf([...made.files, ['x'.repeat(name.length), 'root']]);
    const renamed = Buffer.from(zip.toString('latin1').replaceAll('x'.repeat(name.length), name), 'latin1');
    const [status, code] = await refused(renamed);
    expect([status, code]).toEqual([400, 'import.damaged']);
  });

  it('comes as something else than a ZIP, or to another address', async () => {
    const json = await new Api(app.url).post('/api/account/import', { token: portal.token, body: {} });
    expect(outcomeOf(json)).toEqual([415, 'request.unsupported_media_type']);
    const elsewhere = await fetch(`${app.url}/api/sync/push`, {
      method: 'POST',
      headers: { authorization: `Bearer ${portal.token}`, 'content-type': 'application/zip' },
      body: new Uint8Array(made.zip),
    });
    expect(elsewhere.status).toBe(415);
  });

  it('is cut on its way', async () => {
    const request = http.request(`${app.url}/api/account/import`, {
      method: 'POST',
      agent: false,
      headers: {
        authorization: `Bearer ${portal.token}`,
        'content-type': 'application/zip',
        'content-length': made.zip.length,
      },
    });
    const failed = once(request, 'error');
    request.write(made.zip.subarray(0, 100));
    await pause(100);
    request.destroy(new Error('gone'));
    await failed;
    // The place is given back, and the account may import.
    for (let tries = 0; (await send(Buffer.from('x'))).status === 409; tries++) {
      if (tries > 200) throw new Error('the place was never given back');
      await pause(20);
    }
  });

  it('has lines of any kind: each is stored or refused alone', async () => {
    const lines = ['null', '3', '"x"', '[]', '{}', '{"record":null}', '{"record":{"clientId":5}}'];
    const list = `[\n${lines.join(',\n')}\n]\n`;
    const state = JSON.stringify({
      record: aRoutine(),
      deviceId: 7,
      editedAt: 'x',
      storedAt: 1e300,
      reason: 5,
    });
    const zip = await forged(made, {
      'records/sessions.json': list,
      'records/gamificationStats.json': list,
      'history/sessions.json': list,
      'history/routines.json': `[\n${state}\n]\n`,
      'rejected.json': `[\n${[...lines, '{"collection":"sessions","record":1,"code":"' + 'x'.repeat(300) + '","message":7}'].join(',\n')}\n]\n`,
      'samples.json': list,
    });
    const { status, body } = await send(zip);
    expect(status).toBe(200);
    expect(body.done).toBe(true);
    expect(body.files['records/sessions.json']).toMatchObject({ added: 0, rejected: lines.length });
    expect(body.files['history/routines.json']).toMatchObject({ added: 0, rejected: 1 });
    expect(body.files['samples.json']).toMatchObject({ added: 0, rejected: lines.length });
    expect(body.files['rejected.json']).toMatchObject({ rejected: lines.length });
  });

  it('has samples that are none: they are refused, the rest is stored', async () => {
    const [good] = made.json('samples.json');
    const bytes = made.bytes(good.file);
    const infinite = allocate(2);
    infinite.timestamp.set([1, 2]);
    infinite.values.load.set([Infinity, 1]);
    const broken: Record<string, Buffer> = {
      'samples/text': Buffer.from('PAR1 and more PAR1'),
      'samples/short': bytes.subarray(0, 40),
      'samples/infinite': await pack(infinite),
    };
    for (let n = 8; n < bytes.length; n += 7) broken[`samples/bits-${n}`] = flipped(bytes, n);
    broken['samples/listed'] = Buffer.from('x');
    const entries = ['samples/not-there', ...Object.keys(broken)].map((file) =>
      JSON.stringify({ file, sessionId: `s-${file}` }),
    );
    const list = `[\n${[...entries, JSON.stringify(good)].join(',\n')}\n]\n`;
    const zip = await forged(made, { ...broken, 'samples.json': list, 'records/sessions.json': '[]\n' });
    const { status, body } = await send(zip);
    expect(status).toBe(200);
    const { added, rejected } = body.files['samples.json'];
    expect(added).toBeGreaterThanOrEqual(1);
    expect(rejected).toBeGreaterThanOrEqual(3);
    expect(added + rejected).toBe(entries.length + 1);
    for (const { code } of body.rejected)
      expect(['metrics.invalid_samples', 'import.not_an_export']).toContain(code);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
}
