import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { Api } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone, premiumAccount } from '../support/phone.js';
import { Scrape } from '../support/scrape.js';

const project = path.resolve(__dirname, '../..');
const read = (file: string) => fs.readFileSync(path.join(project, file), 'utf8');

interface Rule {
  alert: string;
  expr: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

interface Panel {
  id: number;
  type: string;
  title: string;
  targets?: { expr: string; legendFormat: string }[];
}

const rules = (parse(read('deploy/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  ({ rules: own }) => own,
);
const dashboard = JSON.parse(read('deploy/grafana/phoenix.json')) as { panels: Panel[] };
const targets = dashboard.panels.flatMap(({ title, targets: own = [] }) =>
  own.map(({ expr, legendFormat }): [string, string, string] => [title, expr, legendFormat]),
);

const SELECTOR = /\b(phoenix_\w+)(?:\{([^}]*)\})?/g;
const MATCHER = /(\w+)(=~|=)"([^"]*)"/g;

/** Labels that Prometheus adds to every sample. */
const OF_PROMETHEUS = new Set(['instance', 'job']);

/** What must only grow, or its rate means nothing. */
const growing = (expr: string) =>
  [...expr.matchAll(/\b(?:rate|increase)\((phoenix_\w+)/g)].map(([, name = '']) => name);

describe('what alerts and dashboard ask of the metrics', () => {
  let server: TestApp;
  let scrape: Scrape;
  let types: Map<string, string>;

  /** What makes a sample of every metric that is named. */
  async function live(): Promise<void> {
    const account = await premiumAccount(server);
    const phone = new Phone(server.url, account.token, 'phone');
    await phone.request('push', { routines: [{ clientId: 'r', name: 'x', createdAt: 1, updatedAt: 1 }] });
    await phone.request('pull', {});
    await new Api(server.url).post('/api/auth/login', { body: { email: account.email, password: 'wrong' } });
  }

  beforeAll(async () => {
    server = await startTestApp();
    await live();
    scrape = await Scrape.of(server.url);
    types = new Map(
      [...scrape.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
    );
  });
  afterAll(() => server.close());

  /** What is asked for and not there, as sentences. */
  function missing(expr: string): string[] {
    return [...expr.matchAll(SELECTOR)].flatMap(([selector, name = '', matchers = '']) => {
      const samples = scrape.samples.filter((sample) => sample.name === name);
      if (samples.length === 0) return [`${name} is not there`];
      return [...matchers.matchAll(MATCHER)].flatMap(([, label = '', how, wanted = '']) => {
        if (OF_PROMETHEUS.has(label)) return [];
        const values = how === '=' ? [wanted] : wanted.split('|');
        const held = new Set(samples.map(({ labels }) => labels[label]));
        return values.filter((value) => !held.has(value)).map((value) => `${selector}: no ${label} ${value}`);
      });
    });
  }

  /** Labels that an expression groups by, and that its metrics do not have. */
  function ungrouped(expr: string): string[] {
    const names = new Set([...expr.matchAll(SELECTOR)].map(([, name]) => name));
    const held = new Set(
      scrape.samples.filter(({ name }) => names.has(name)).flatMap(({ labels }) => Object.keys(labels)),
    );
    return [...expr.matchAll(/\bby \(([^)]*)\)/g)]
      .flatMap(([, labels = '']) => labels.split(',').map((label) => label.trim()))
      .filter((label) => !OF_PROMETHEUS.has(label) && !held.has(label));
  }

  const typeOf = (name: string) => types.get(name) ?? types.get(name.replace(/_(bucket|sum|count)$/, ''));

  const asked: [string, string][] = [
    ...rules.map(({ alert, expr }): [string, string] => [alert, expr]),
    ...targets.map(([title, expr]): [string, string] => [title, expr]),
  ];

  it.each(asked)('%s asks for metrics, labels and values that a server has', (_, expr) => {
    expect([missing(expr), ungrouped(expr)]).toEqual([[], []]);
    const rates = growing(expr).map((name) => [name, typeOf(name)]);
    expect(rates.filter(([, type]) => type !== 'counter' && type !== 'histogram')).toEqual([]);
  });

  it.each(targets.filter(([, , legend]) => legend.includes('{{')))(
    '%s has the labels of its legend',
    (_, expr, legend) => {
      const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      const [, kept] = /\bby \(([^)]*)\)/.exec(expr) ?? [];
      const grouped = kept?.split(',').map((label) => label.trim());
      expect(named.filter((label) => !(grouped ?? [...OF_PROMETHEUS]).includes(label))).toEqual([]);
    },
  );
});

describe('deploy/prometheus', () => {
  it('has a runbook for every alert, and an alert for every runbook', () => {
    const headings = [...read('docs/operations/alerts.md').matchAll(/^## (Phoenix\w+)$/gm)].map(
      ([, name]) => name,
    );
    expect(headings).toEqual(rules.map(({ alert }) => alert));
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook_url).toBe(`docs/operations/alerts.md#${alert.toLowerCase()}`);
      expect(annotations.summary).toMatch(/\.$/);
    }
  });

  it('says of every alert whether it wakes somebody', () => {
    for (const { alert, labels } of rules)
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(page|ticket)$/)]);
  });

  it('scrapes under the name by which the alerts know the servers', () => {
    const { scrape_configs: jobs } = parse(read('deploy/prometheus/prometheus.yml')) as {
      scrape_configs: { job_name: string; metrics_path: string }[];
    };
    expect(jobs.map(({ job_name: name, metrics_path: place }) => [name, place])).toEqual([
      ['phoenix', '/metrics'],
    ]);
    expect(rules.find(({ alert }) => alert === 'PhoenixDown')?.expr).toContain('up{job="phoenix"}');
  });
});

describe('deploy/grafana/phoenix.json', () => {
  it('gives every panel a number of its own and something to show', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const shown = dashboard.panels.filter(({ type }) => type !== 'row');
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.filter(({ targets: own = [] }) => own.length === 0)).toEqual([]);
  });
});
