import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Header, Headers } from '@nestjs/common';
import { Public } from '../auth/decorators.js';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { AppError } from '../common/app-error.js';
import { Env } from '../config/env.js';
import { Meters } from '../monitoring/meters.js';

const BEARER = /^Bearer +(\S+)$/i;

/** For Prometheus. Not to be taken for the samples of sensors, which are at /api/…/metrics. */
@ApiTags('health')
@Controller('metrics')
@Public()
export class ScrapeController {
  private readonly wanted: Buffer | null;
  private readonly isOpen: boolean;

  constructor(
    env: Env,
    private readonly meters: Meters,
  ) {
    this.wanted = env.metricsToken === '' ? null : digestOf(env.metricsToken);
    this.isOpen = env.nodeEnv !== 'production';
  }

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'What this server has counted, for Prometheus; needs METRICS_TOKEN' })
  @ApiHeader({ name: 'Authorization', required: false, description: '`Bearer` and METRICS_TOKEN.' })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  @ApiProblems('auth.token_missing', 'auth.token_invalid', 'route.not_found')
  scrape(@Headers('authorization') authorization?: string): Promise<string> {
    this.admit(authorization);
    return this.meters.text();
  }

  /** @throws AppError route.not_found, auth.token_missing, auth.token_invalid */
  private admit(authorization: string | undefined): void {
    if (this.wanted === null) {
      if (this.isOpen) return;
      throw new AppError('route.not_found');
    }
    const [, sent] = BEARER.exec(authorization ?? '') ?? [];
    if (sent === undefined) throw new AppError('auth.token_missing', { detail: 'Send METRICS_TOKEN.' });
    if (!timingSafeEqual(digestOf(sent), this.wanted))
      throw new AppError('auth.token_invalid', { detail: 'This is not METRICS_TOKEN.' });
  }
}

/** Of one length whatever was sent, so that comparing takes the same time. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token, 'utf8').digest();
