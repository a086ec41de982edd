import { startTestApp, type TestApp } from '../support/app.js';
import { aSet, type Portal, portalOf } from '../support/portal.js';

const HOUR_MS = 3_600_000;

interface Period {
  from: number;
  date: string;
  sets: number;
}

const utc = (iso: string) => Date.parse(`${iso}Z`);
const localDate = (timeZone: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(utc('2026-07-01T12:00'));

describe('the calendar by which totals are cut', () => {
  let app: TestApp;
  let portal: Portal;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    portal = await portalOf(app);
  });

  const pushSetsAt = (...moments: string[]) =>
    portal.push({ sessions: moments.map((moment) => aSet({ timestamp: utc(moment) })) });
  const totals = async (query: string): Promise<Period[]> =>
    (await portal.read(`/api/totals?${query}`)).items;
  /** Per bucket: its local date, the instant it begins, and how many sets fell into it. */
  const buckets = async (query: string) =>
    (await totals(query)).map(({ date, from, sets }) => [
      date,
      new Date(from).toISOString().slice(0, 16),
      sets,
    ]);

  it('cuts days where the clocks of the time zone do', async () => {
    await pushSetsAt('2026-01-05T22:59', '2026-01-05T23:00', '2026-01-06T22:59', '2026-01-06T23:00');
    expect(await buckets('by=day&timeZone=Europe/Berlin')).toEqual([
      ['2026-01-05', '2026-01-04T23:00', 1],
      ['2026-01-06', '2026-01-05T23:00', 2],
      ['2026-01-07', '2026-01-06T23:00', 1],
    ]);
    expect(await buckets('by=day')).toEqual([
      ['2026-01-05', '2026-01-05T00:00', 2],
      ['2026-01-06', '2026-01-06T00:00', 2],
    ]);
  });

  it('gives the day on which clocks go forward its 23 hours', async () => {
    await pushSetsAt('2026-03-28T22:59', '2026-03-28T23:00', '2026-03-29T21:59', '2026-03-29T22:00');
    expect(await buckets('by=day&timeZone=Europe/Berlin')).toEqual([
      ['2026-03-28', '2026-03-27T23:00', 1],
      ['2026-03-29', '2026-03-28T23:00', 2],
      ['2026-03-30', '2026-03-29T22:00', 1],
    ]);
  });

  it('gives the day on which clocks go back its 25 hours', async () => {
    await pushSetsAt('2026-10-24T21:59', '2026-10-24T22:00', '2026-10-25T22:59', '2026-10-25T23:00');
    expect(await buckets('by=day&timeZone=Europe/Berlin')).toEqual([
      ['2026-10-24', '2026-10-23T22:00', 1],
      ['2026-10-25', '2026-10-24T22:00', 2],
      ['2026-10-26', '2026-10-25T23:00', 1],
    ]);
  });

  it.each([
    ['back at midnight, which happens twice', 'America/Havana', '2026-11-01', '2026-11-01T04:00', 25],
    ['forward at midnight, which is left out', 'Asia/Beirut', '2026-03-29', '2026-03-28T22:00', 23],
    ['back by half an hour', 'Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00', 24.5],
  ])('begins a day at its first moment where clocks go %s', async (_, timeZone, date, begins, hours) => {
    const from = utc(begins);
    const end = from + hours * HOUR_MS;
    await portal.push({ sessions: [from - 1, from, end - 1, end].map((timestamp) => aSet({ timestamp })) });
    const found = await totals(`by=day&timeZone=${timeZone}`);
    expect(found.map(({ sets }) => sets)).toEqual([1, 2, 1]);
    expect(found[1]).toMatchObject({ date, from });
    expect(found[2]?.from).toBe(end);
  });

  it('begins weeks on Monday, also over the turn of the year', async () => {
    await pushSetsAt('2025-12-28T23:59', '2025-12-29T00:00', '2026-01-04T23:59', '2026-01-05T00:00');
    expect(await buckets('by=week')).toEqual([
      ['2025-12-22', '2025-12-22T00:00', 1],
      ['2025-12-29', '2025-12-29T00:00', 2],
      ['2026-01-05', '2026-01-05T00:00', 1],
    ]);
  });

  it('begins a week in which clocks change on its local Monday', async () => {
    await pushSetsAt('2026-03-22T23:00', '2026-03-29T21:59', '2026-03-29T22:00');
    expect(await buckets('by=week&timeZone=Europe/Berlin')).toEqual([
      ['2026-03-23', '2026-03-22T23:00', 2],
      ['2026-03-30', '2026-03-29T22:00', 1],
    ]);
  });

  it('cuts months in the time zone, leap years included', async () => {
    await pushSetsAt('2024-02-29T10:59', '2024-02-29T11:00', '2026-03-31T22:00');
    expect(await buckets('by=month&timeZone=Pacific/Auckland')).toEqual([
      ['2024-02-01', '2024-01-31T11:00', 1],
      ['2024-03-01', '2024-02-29T11:00', 1],
      ['2026-04-01', '2026-03-31T11:00', 1],
    ]);
  });

  it.each([
    ['UTC', '2026-07-01T00:00'],
    ['europe/berlin', '2026-06-30T22:00'],
    ['CET', '2026-06-30T22:00'],
    ['Asia/Kolkata', '2026-06-30T18:30'],
    ['America/Argentina/Buenos_Aires', '2026-07-01T03:00'],
    ['Etc/GMT+5', '2026-07-01T05:00'],
  ])('knows the time zone %s', async (timeZone, begins) => {
    await pushSetsAt('2026-07-01T12:00');
    expect(await buckets(`timeZone=${encodeURIComponent(timeZone)}`)).toEqual([['2026-07-01', begins, 1]]);
  });

  it.each([
    'Europe/Nowhere',
    'Berlin',
    '+01:00',
    '',
    "UTC' or 1=1",
    'FOO5',
    'posixrules',
    'U\u0000TC',
    '../etc/passwd',
  ])('refuses the time zone %j', async (timeZone) => {
    const { status, body } = await portal.get(`/api/totals?timeZone=${encodeURIComponent(timeZone)}`);
    expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, 'request.invalid', 'timeZone']);
  });

  it('answers for every time zone this server may be asked for', async () => {
    await pushSetsAt('2026-07-01T12:00');
    for (const timeZone of Intl.supportedValuesOf('timeZone')) {
      const { status, body } = await portal.get(`/api/totals?timeZone=${timeZone}`);
      expect([timeZone, status, body.items?.[0]?.date]).toEqual([timeZone, 200, localDate(timeZone)]);
    }
  });

  it('is not broken by times outside the calendar, which are in no period', async () => {
    const times = [
      Number.MIN_SAFE_INTEGER,
      -1,
      0,
      Date.UTC(9999, 11, 30),
      Date.UTC(10_000, 0, 1),
      Number.MAX_SAFE_INTEGER,
    ];
    await portal.push({ sessions: times.map((timestamp) => aSet({ timestamp })) });
    for (const by of ['day', 'week', 'month'])
      for (const timeZone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'UTC'])
        expect((await totals(`by=${by}&timeZone=${timeZone}`)).map(({ sets }) => sets)).toEqual([1, 1]);
    expect((await totals('by=month')).map(({ date }) => date)).toEqual(['1970-01-01', '9999-12-01']);
    const range = `from=${Number.MIN_SAFE_INTEGER}&to=${Number.MAX_SAFE_INTEGER}`;
    expect((await totals(range)).map(({ sets }) => sets)).toEqual([1, 1]);
  });
});
