import { PROBLEM_TYPE } from '../../../src/common/problem.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What no answer may hold: stacks, statements, places in the file system, names of what the server is made of. */
const LEAKS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a stack', /\bat [\w.<>[\] ]+ \(|\bat (async )?\/|node:internal|\n\s+at /],
  ['a path', /\/(tmp|usr|var|home|root|work|app|data|node_modules|dist|src)\/|file:\/\/|[A-Z]:\\/],
  [
    'SQL',
    /\b(select|insert into|update|delete from)\b.+\b(from|values|set|where)\b|\bsqlstate\b|syntax error at/i,
  ],
  ['a word of the database', /\b(postgres(ql)?|relation "|constraint "|column "|pg_\w+|duplicate key)/i],
  ['an error of the system', /\bE(CONNREFUSED|CONNRESET|PIPE|NOENT|NOSPC|TIMEDOUT|ACCES)\b/],
  ['a class of the program', /\b(TypeError|RangeError|ReferenceError|QueryFailedError|TypeORM|NestJS)\b/],
];

/** Sees every answer of a run, and remembers the refusals that were not as errors.md promises. */
export class Witness {
  answers = 0;
  refusals = 0;
  readonly codes = new Set<string>();
  readonly faults: string[] = [];

  see(what: string, status: number, headers: Headers, text: string): void {
    this.answers++;
    if (status < 400) return;
    this.refusals++;
    const fault = this.faultOf(status, headers, text);
    if (fault !== null && this.faults.length < 100) this.faults.push(`${what} → ${status}: ${fault}`);
  }

  private faultOf(status: number, headers: Headers, text: string): string | null {
    const plain = unescaped(text);
    for (const [what, pattern] of LEAKS) if (pattern.test(plain)) return `${what}: ${text.slice(0, 200)}`;
    if (!String(headers['content-type']).startsWith(PROBLEM_TYPE))
      return `is ${String(headers['content-type'])}`;
    let problem: { code?: unknown; error?: unknown; status?: unknown; requestId?: unknown };
    try {
      problem = JSON.parse(text);
    } catch {
      return `is no JSON: ${text.slice(0, 80)}`;
    }
    this.codes.add(String(problem.code));
    if (problem.status !== status) return `says status ${String(problem.status)}`;
    if ((status === 429 || status === 503) && !/^\d+$/.test(String(headers['retry-after'])))
      return 'has no Retry-After';
    return typeof problem.code === 'string' && typeof problem.error === 'string' ? null : 'has no code';
  }
}

/** As a person would read it, whether or not it is JSON. */
const unescaped = (text: string) => text.replaceAll(String.raw`\"`, '"').replaceAll(String.raw`\n`, '\n');
