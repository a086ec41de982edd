import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { Api } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { type Account, premiumAccount } from '../support/phone.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CALLER_SPAN = 'b7ad6b7169203331';
const headers = { traceparent: `00-${TRACE_ID}-${CALLER_SPAN}-01` };

describe('with an SDK of OpenTelemetry', () => {
  const exporter = new InMemorySpanExporter();
  let server: TestApp;
  let api: Api;
  let account: Account;

  beforeAll(async () => {
    // As an SDK does before the program is imported.
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    server = await startTestApp();
    api = new Api(server.url);
    account = await premiumAccount(server);
  });
  afterAll(() => server.close());
  beforeEach(() => exporter.reset());

  const send = (what: string, body: object, name: string) =>
    api.post(`/api/sync/${what}`, {
      token: account.token,
      body: { deviceId: name, lastSync: 0, ...body },
      headers,
    });

  /** Spans end a moment after the answer has come: as soon as the request's own is there, all others are. */
  async function spansOf(count = 1): Promise<readonly ReadableSpan[]> {
    for (;;) {
      const spans = exporter.getFinishedSpans();
      if (spans.filter(({ kind }) => kind === SpanKind.SERVER).length >= count) return spans;
      await new Promise(setImmediate);
    }
  }

  it('a push is one tree below the caller’s span: request, phases, and what the database did', async () => {
    // More than comes in one packet: what reads the rest is called by the socket, which knows no request.
    const routines = Array.from({ length: 2000 }, (_, n) => ({
      clientId: `r${n}`,
      name: 'Push day',
      createdAt: 1,
      updatedAt: 1,
    }));
    expect((await send('push', { routines }, 'phone')).status).toBe(200);
    const spans = await spansOf();
    expect(spans.map((span) => span.spanContext().traceId)).toEqual(spans.map(() => TRACE_ID));
    const root = spans.find(({ kind }) => kind === SpanKind.SERVER);
    expect(root?.parentSpanContext?.spanId).toBe(CALLER_SPAN);
    expect(root?.name).toBe('POST /api/sync/push');
    expect(root?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/api/sync/push',
      'http.response.status_code': 200,
    });
    const ids = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
    const edges = spans
      .filter((span) => span !== root)
      .map((span) => `${ids.get(span.parentSpanContext?.spanId ?? '')} > ${span.name}`);
    for (const edge of [
      'POST /api/sync/push > auth.load-callers',
      'auth.load-callers > postgresql',
      'POST /api/sync/push > push read',
      'POST /api/sync/push > push plan',
      'POST /api/sync/push > push commit',
      'push commit > postgresql',
    ])
      expect(edges).toContain(edge);
    expect(edges.filter((edge) => edge.startsWith('undefined'))).toEqual([]);
  });

  it('says the names of statements and nothing of what people sent', async () => {
    const routines = [{ clientId: 'secret-id', name: 'Secret name', createdAt: 1, updatedAt: 1 }];
    await send('push', { routines }, 'secret-device');
    const spans = await spansOf();
    const statements = spans.filter(({ name }) => name === 'postgresql');
    expect(statements.length).toBeGreaterThan(2);
    for (const { attributes } of statements) expect(attributes['db.system.name']).toBe('postgresql');
    expect(statements.map(({ attributes }) => attributes['db.query.summary']).join(' ')).toContain(
      'lock-clock',
    );
    const said = JSON.stringify(
      spans.map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    );
    for (const secret of [account.userId, account.email, 'secret', 'Secret', account.token])
      expect(said).not.toContain(secret);
  });

  it('a read that was made for several requests is linked to each of them', async () => {
    const cursor = ((await send('pull', {}, 'phone')).body as { syncTime: number }).syncTime;
    await spansOf();
    exporter.reset();
    const pulls = ['a', 'b', 'c', 'd'].map((name) => send('pull', { lastSync: cursor }, name));
    await Promise.all(pulls);
    const spans = await spansOf(pulls.length);
    const reads = spans.filter(({ name }) => name === 'auth.load-callers');
    const requests = reads.reduce((sum, { links }) => sum + 1 + links.length, 0);
    expect(requests).toBe(pulls.length);
  });

  it('a fault marks the spans it went through, by its code alone', async () => {
    const { owner } = server;
    await owner.query({ text: 'alter table server_state rename to elsewhere' });
    const { status } = await send('pull', {}, 'phone');
    await owner.query({ text: 'alter table elsewhere rename to server_state' });
    expect(status).toBe(500);
    const failed = (await spansOf()).filter((span) => span.status.code === SpanStatusCode.ERROR);
    expect(failed.map(({ name, attributes }) => [name, attributes['error.type']])).toEqual([
      ['postgresql', '42P01'],
      ['device-states', '42P01'],
      ['POST /api/sync/pull', '500'],
    ]);
    expect(failed.map((span) => [span.status.message, span.events])).toEqual(
      failed.map(() => [undefined, []]),
    );
  });
});
