import { Logger } from '@nestjs/common';
import { render } from './letter.js';
import type { MailTransport, Posted } from './mail-transport.js';

/** For development without a mail server: the letter with its link stands in the log. */
export class LogTransport implements MailTransport {
  private readonly logger = new Logger('Mail');

  send(posted: Posted): Promise<void> {
    this.logger.log(`SMTP_URL is not set. To ${posted.to}: ${posted.subject}\n\n${render(posted).text}`);
    return Promise.resolve();
  }

  close(): void {
    // Nothing is open.
  }
}
