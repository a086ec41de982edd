import type { Transporter } from 'nodemailer';
import type { Env } from '../config/env.js';
import { render } from './letter.js';
import { MailFailure, type MailTransport, type Posted } from './mail-transport.js';

/** Well below the 29 s that a shutdown has, which waits for a letter under way. */
const TIMEOUT_MS = { dns: 8_000, connect: 8_000, greeting: 8_000, silence: 12_000, letter: 20_000 } as const;
const CONNECTIONS = 2;
const IDLE_MS = 30_000;

/** The parts of nodemailer's errors that say what happened without saying to whom. */
interface SmtpError {
  message?: string;
  code?: string;
  command?: string;
  responseCode?: number;
}

/** Any SMTP server. Connections are kept for the next letters; nodemailer is loaded with the first. */
export class SmtpTransport implements MailTransport {
  private transporter: Promise<Transporter> | undefined;
  private readonly domain: string;

  constructor(private readonly env: Pick<Env, 'smtpUrl' | 'smtpTls' | 'mailFrom'>) {
    this.domain = /@([^\s>]+)>?\s*$/.exec(env.mailFrom)?.[1] ?? 'localhost';
  }

  async send(posted: Posted): Promise<void> {
    const transporter = await this.opened();
    const { text, html } = render(posted);
    try {
      await transporter.sendMail({
        from: this.env.mailFrom,
        // The address alone: no header holds what people call themselves.
        to: { name: '', address: posted.to },
        subject: posted.subject,
        text,
        html,
        messageId: `<${posted.id}@${this.domain}>`,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        signal: AbortSignal.timeout(TIMEOUT_MS.letter),
      });
    } catch (error) {
      throw failureOf(error as SmtpError);
    }
  }

  close(): void {
    void this.transporter?.then((transporter) => transporter.close());
  }

  private opened(): Promise<Transporter> {
    this.transporter ??= open(this.env);
    return this.transporter;
  }
}

async function open({ smtpUrl, smtpTls }: Pick<Env, 'smtpUrl' | 'smtpTls'>): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  const { protocol, hostname, port, username, password } = new URL(smtpUrl);
  const secure = protocol === 'smtps:';
  return createTransport({
    pool: true,
    maxConnections: CONNECTIONS,
    // A letter whose connection broke is tried again by the outbox, which knows how often.
    maxRequeues: 0,
    idleTimeout: IDLE_MS,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && smtpTls === 'required',
    ignoreTLS: !secure && smtpTls === 'off',
    tls: { minVersion: 'TLSv1.2' },
    auth:
      username === ''
        ? undefined
        : { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    dnsTimeout: TIMEOUT_MS.dns,
    connectionTimeout: TIMEOUT_MS.connect,
    greetingTimeout: TIMEOUT_MS.greeting,
    socketTimeout: TIMEOUT_MS.silence,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function failureOf({ code, command, responseCode, message: reason }: SmtpError): MailFailure {
  const ofThisOne = code === 'EENVELOPE' || code === 'EMESSAGE';
  // What the server itself says may name the recipient; what the connection says (a certificate, a port) does not.
  const own = ofThisOne || responseCode !== undefined ? undefined : reason;
  const message = [code, command, responseCode, own].filter((part) => part !== undefined).join(' ');
  const permanent = (responseCode ?? 0) >= 500;
  if (code === 'EENVELOPE' && command === 'RCPT TO' && permanent) return new MailFailure('refused', message);
  return new MailFailure(ofThisOne ? 'failed' : 'down', message);
}
