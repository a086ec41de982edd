interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** What a server has counted, as Prometheus reads it. */
export class Scrape {
  private constructor(
    readonly text: string,
    readonly samples: readonly Sample[],
  ) {}

  static async of(url: string, token?: string): Promise<Scrape> {
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/metrics`, { headers });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`/metrics answered ${answer.status}: ${text}`);
    return new Scrape(text, text.split('\n').flatMap(sampleOf));
  }

  /** Of all samples with these labels together; fails where there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const found = this.samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([label, is]) => sample.labels[label] === is),
    );
    if (found.length === 0) throw new Error(`there is no ${name} ${JSON.stringify(labels)}`);
    return found.reduce((sum, { value }) => sum + value, 0);
  }

  /** Every value of a label. */
  labels(name: string, label: string): string[] {
    const own = this.samples.filter((sample) => sample.name === name);
    return [...new Set(own.map(({ labels }) => labels[label] ?? ''))].toSorted();
  }
}

function sampleOf(line: string): Sample[] {
  if (line === '' || line.startsWith('#')) return [];
  const [, name, labels = '', value] = LINE.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  const pairs = [...labels.matchAll(LABEL)].map(([, label, is]) => [label, is] as const);
  return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
}
