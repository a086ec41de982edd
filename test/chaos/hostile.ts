import { brotliCompressSync, gzipSync } from 'node:zlib';
import { randomFrom } from '../bench/data/random.js';
import { ApiDocument, type Operation, type Schema } from './api-document.js';
import { NASTY_TEXTS, NASTY_VALUES } from './nasty-values.js';
import type { RawAnswer, RawRequest } from './sender.js';

export interface HostileWorld {
  /** The same seed gives the same requests. */
  seed: number;
  /** Access tokens that are good, of accounts nobody minds about. */
  tokens: readonly string[];
  /** Ids of records, devices and the like that exist: requests that get further than the first check. */
  ids: readonly string[];
}

/** Ends the sign-in its token belongs to: with a good one, all that follows would stop at the guard. */
const ENDS_TOKENS = new Set(['POST /api/auth/logout']);

const JSON_TYPES = ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON'];
const WRONG_TYPES = [
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  '',
  'x',
];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const STRANGE_PATHS = [
  '/',
  '/api',
  '/api/',
  '/api/%zz',
  '/api/sync/%c0%ae',
  '//api//sync',
  '/api/sync/push/',
  '/API/SYNC/PUSH',
];
const HEADER_NAMES = [
  'accept',
  'accept-encoding',
  'accept-language',
  'content-encoding',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'if-none-match',
  'origin',
  'range',
  'referer',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-http-method-override',
  'x-request-id',
];

/** What a header may carry: Node refuses to send anything else. */
const asHeader = (text: string): string => text.replaceAll(/[^\t\x20-\x7e]/g, '?').slice(0, 2000);

/**
 * Endless requests that mean harm or are broken, made from docs/openapi.json: each begins as a good one, and then some of
 * method, address, ids, query, headers, token and body are replaced by something nasty. None of them may be answered with
 * 500 or more, or with anything but JSON; `complaintAbout` says so.
 */
export class HostileRequests {
  private readonly random: () => number;
  private readonly document = ApiDocument.load();
  private readonly operations: Operation[] = this.document.operations();

  constructor(private readonly world: HostileWorld) {
    this.random = randomFrom(world.seed);
  }

  next(): RawRequest {
    const operation = this.pick(this.operations);
    const method = this.chance(0.05) ? this.pick(METHODS) : operation.method;
    const path = this.chance(0.03) ? this.pick(STRANGE_PATHS) : this.pathOf(operation);
    const headers: Record<string, string> = {};
    this.addToken(headers, operation);
    if (this.chance(0.1)) headers[this.pick(HEADER_NAMES)] = asHeader(this.text());
    if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return { method, path, headers };
    const body = this.bodyOf(operation);
    const type = this.chance(0.05) ? this.pick(WRONG_TYPES) : this.pick(JSON_TYPES);
    return { method, path, body: this.packed(body, headers), headers: { 'content-type': type, ...headers } };
  }

  private pathOf({ path, parameters }: Operation): string {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      if (name === 'collection')
        return this.encoded(this.pick(['sessions', 'routines', 'badges', this.text()]));
      return this.encoded(this.id());
    });
    const query = parameters
      .filter(({ in: place }) => place === 'query' && this.chance(0.3))
      .map(({ name, schema }) => `${name}=${this.encoded(this.queryValue(schema))}`);
    if (this.chance(0.1)) query.push(`${this.encoded(this.text())}=${this.encoded(this.text())}`);
    return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
  }

  private queryValue(schema: Schema): string {
    const { enum: choices, type } = this.document.resolve(schema);
    if (this.chance(0.4)) return this.text();
    if (choices !== undefined) return String(this.pick(choices));
    return type === 'integer' || type === 'number' ? this.numberText() : this.id();
  }

  private numberText(): string {
    return JSON.stringify(this.pick(NASTY_VALUES)) ?? '';
  }

  /** Mostly what a client would send; now and then bytes that are no UTF-8, or nothing encoded at all. */
  private encoded(text: string): string {
    const whole = text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80';
    if (this.chance(0.03)) return `${whole.slice(0, 40)}%${this.pick(['ff', 'zz', '00', 'c0%af', ''])}`;
    return whole.slice(0, 4000);
  }

  private addToken(headers: Record<string, string>, operation: Operation): void {
    const mayBeGood = !ENDS_TOKENS.has(`${operation.method} ${operation.path}`);
    const good = this.pick(this.world.tokens);
    if (operation.needsToken && mayBeGood && this.chance(0.85)) {
      headers.authorization = `Bearer ${good}`;
      return;
    }
    if (this.chance(0.3)) return;
    const [head = '', claims = '', signature = ''] = good.split('.');
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const bad = [
      `${head}.${claims}.${signature.slice(1)}`,
      `${none}.${claims}.`,
      `${head}.${Buffer.from(JSON.stringify(this.value())).toString('base64url')}.${signature}`,
      `${head}..${signature}`,
      '..',
      asHeader(this.text()),
    ];
    headers.authorization = asHeader(`${this.pick(['Bearer', 'bearer', 'Basic', ''])} ${this.pick(bad)}`);
  }

  private bodyOf({ body }: Operation): Buffer {
    if (body === null || this.chance(0.05)) return Buffer.from(this.rawText());
    const sound = this.document.sample(body, { optional: true, textFor: () => this.id() });
    if (this.chance(0.1)) return Buffer.from(`{${JSON.stringify(this.text())}:${this.rawText()}}`);
    const text = JSON.stringify(this.spoil(sound, 0));
    if (this.chance(0.05)) return Buffer.from(text.slice(0, Math.floor(this.random() * text.length)));
    // Keys that JavaScript objects cannot have, or not twice.
    if (this.chance(0.05)) return Buffer.from(text.replace('{', '{"__proto__":{"isAdmin":true},'));
    if (this.chance(0.05)) return Buffer.from(text.replace('{', '{"deviceId":"a","deviceId":"b",'));
    return Buffer.from(text);
  }

  /** Replaces some values, forgets some keys, adds some, and repeats some entries of lists. */
  private spoil(value: unknown, depth: number): unknown {
    if (this.chance(0.06)) return this.value();
    if (Array.isArray(value)) {
      const entries = this.chance(0.1) ? Array.from({ length: 20 }, () => value[0] as unknown) : value;
      return entries.map((entry) => this.spoil(entry, depth + 1));
    }
    if (value === null || typeof value !== 'object') return value;
    // The sections of a push are many: with a chance for each, no request would have one alone.
    const keep = depth === 0 ? 0.6 : 0.97;
    const kept = Object.entries(value).filter(([key]) => key === 'deviceId' || this.chance(keep));
    const spoilt = kept.map(([key, part]) => [key, this.spoil(part, depth + 1)]);
    if (this.chance(0.1)) spoilt.push([this.text(), this.value()]);
    return Object.fromEntries(spoilt);
  }

  private packed(body: Buffer, headers: Record<string, string>): Buffer {
    if (!this.chance(0.1)) return body;
    const gzip = this.chance(0.7);
    headers['content-encoding'] = gzip ? 'gzip' : 'br';
    const packed = gzip ? gzipSync(body, { level: 1 }) : brotliCompressSync(body);
    if (this.chance(0.2)) return packed.subarray(0, packed.length - 5);
    return this.chance(0.2) ? Buffer.concat([packed, packed]) : packed;
  }

  private id(): string {
    return this.chance(0.7) ? this.pick(this.world.ids) : this.text();
  }

  private text(): string {
    return this.pick(NASTY_TEXTS);
  }

  private value(): unknown {
    return this.chance(0.3) ? this.text() : this.pick(NASTY_VALUES);
  }

  /** Texts that JSON.stringify would never write. */
  private rawText(): string {
    return this.pick([
      '',
      '{',
      'null',
      '[]',
      '1e400',
      '-0',
      '"\\ud83d"',
      '\uFEFF{}',
      '{"a":1e999}',
      '{}{}',
      '"\\u0000"',
      '[1,]',
      'NaN',
      '9'.repeat(500),
      `${'['.repeat(3000)}${']'.repeat(3000)}`,
      '{"a":'.repeat(3000),
      `[${'{},'.repeat(3000)}{}]`,
      `{"${'k'.repeat(10_000)}":1}`,
    ]);
  }

  private pick<T>(list: readonly T[]): T {
    return pick(list, this.random());
  }

  private chance(of: number): boolean {
    return this.random() < of;
  }
}

function pick<T>(list: readonly T[], at: number): T {
  const found = list[Math.floor(at * list.length)];
  if (found === undefined) throw new Error('there is nothing to pick from');
  return found;
}

/**
 * What is wrong with this answer to a request, whatever the request was; null: nothing. That a server has no mail server is
 * no fault of its own.
 */
export function complaintAbout({ method }: RawRequest, { status, headers, text }: RawAnswer): string | null {
  if (status === 0) return 'no answer';
  if (status === 501 && text.includes('"code":"mail.not_configured"')) return null;
  if (status >= 500) return `status ${status}: ${text.slice(0, 300)}`;
  if (status < 400 || method === 'HEAD' || status === 431) return null;
  if (!headers['content-type']?.startsWith('application/problem+json'))
    return `${status} is no problem+json: ${text.slice(0, 100)}`;
  try {
    const { code, status: said } = JSON.parse(text) as { code?: unknown; status?: unknown };
    return typeof code === 'string' && said === status
      ? null
      : `a problem without code or status: ${text.slice(0, 100)}`;
  } catch {
    return `no JSON: ${text.slice(0, 100)}`;
  }
}
