import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

const WAIT_MS = 15_000;

/** An e-mail as it came over the wire. */
export interface ReceivedMail {
  /** Of the envelope: where it really went. */
  envelope: { from: string; to: string[] };
  /** Names in small letters. */
  headers: Map<string, string>;
  raw: string;
  text: string;
  html: string;
}

export interface MailboxOptions extends SMTPServerOptions {
  port?: number;
  /** Recipients that are refused for good. */
  refused?: string[];
}

/** A real mail server that keeps what it gets. */
export class Mailbox {
  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
    readonly mails: readonly ReceivedMail[],
  ) {}

  static async open({ port = 0, refused = [], ...options }: MailboxOptions = {}): Promise<Mailbox> {
    const received: ReceivedMail[] = [];
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      logger: false,
      ...options,
      onRcptTo: ({ address }, _, done) =>
        done(
          refused.includes(address) ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null,
        ),
      onData: (stream, { envelope: { mailFrom, rcptTo } }, done) => {
        const from = mailFrom === false ? '' : mailFrom.address;
        const keep = (raw: string) => {
          received.push(read(raw, { from, to: rcptTo.map(({ address }) => address) }));
          done();
        };
        text(stream).then(keep, done);
      },
    });
    server.on('error', () => undefined);
    server.listen(port, '127.0.0.1');
    await once(server.server, 'listening');
    return new Mailbox(server, (server.server.address() as AddressInfo).port, received);
  }

  /** What a server needs to send its mail here. */
  get env(): Record<string, string> {
    return {
      SMTP_URL: `smtp://127.0.0.1:${this.port}`,
      SMTP_TLS: 'off',
      MAIL_FROM: 'Phoenix Portal <portal@example.org>',
      PORTAL_URL: 'https://portal.example.org/',
    };
  }

  to(address: string): ReceivedMail[] {
    return this.mails.filter(({ envelope }) => envelope.to.includes(address));
  }

  /** The n-th e-mail to the address with that subject, once it has come. */
  async waitFor(address: string, subject: RegExp, nth = 1): Promise<ReceivedMail> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const found = this.to(address).filter(({ headers }) => subject.test(headers.get('subject') ?? ''));
      const mail = found[nth - 1];
      if (mail !== undefined) return mail;
      if (Date.now() > deadline)
        throw new Error(
          `no e-mail ${nth} "${subject.source}" to ${address}; ${this.mails.length} came in all`,
        );
      await pause(20);
    }
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}

/** The secret in the link of an e-mail. */
export function tokenIn({ text: body }: ReceivedMail): string {
  const [, token] = /#token=([\w-]{64})\s/.exec(body) ?? [];
  if (token === undefined) throw new Error(`no link in: ${body}`);
  return token;
}

const HEADER_END = '\r\n\r\n';

function split(raw: string): { headers: Map<string, string>; body: string } {
  const end = raw.indexOf(HEADER_END);
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { headers, body: raw.slice(end + HEADER_END.length) };
}

/** As programs show it: the parts of multipart/alternative, unpacked. */
function read(raw: string, envelope: ReceivedMail['envelope']): ReceivedMail {
  const { headers, body } = split(raw);
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '') ?? [];
  const parts = body.split(`--${boundary}`).map((part) => split(part.replace(/^\r\n/, '')));
  const part = (type: string) => {
    const found = parts.find((each) => each.headers.get('content-type')?.startsWith(type));
    return found === undefined ? '' : decode(found.body, found.headers.get('content-transfer-encoding'));
  };
  return { envelope, headers, raw, text: part('text/plain'), html: part('text/html') };
}

function decode(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  return body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
