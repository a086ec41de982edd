import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Public } from '../auth/decorators.js';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { readJsonObject } from '../common/json-object.js';
import { LateBody } from '../common/late-body.js';
import { Env } from '../config/env.js';
import { ReceivedDto, WebhookDto } from './billing.dto.js';
import { BillingService } from './billing.service.js';
import { isSigned, SIGNATURE_HEADER } from './signature.js';
import { readStoreEvent, type StoreEvent } from './store-event.js';
import { WebhookGuard } from './webhook.guard.js';

/** An event has two or three KiB, and what an app lets people write into their attributes. */
const BODY_LIMIT = 128 * 1024 - 1;

@ApiTags('billing')
@Controller('billing')
export class BillingController {
  constructor(
    private readonly env: Env,
    private readonly clock: Clock,
    private readonly billing: BillingService,
  ) {}

  @Public()
  @UseGuards(WebhookGuard)
  @Post('revenuecat')
  @HttpCode(200)
  @LateBody(BODY_LIMIT)
  @ApiOperation({
    summary: 'Webhook: what RevenueCat says of purchases',
    description: 'Guarded by its own Authorization and signature; 404 unless both sides are set up.',
  })
  @ApiHeader({
    name: 'X-RevenueCat-Webhook-Signature',
    required: false,
    description: '`t=…,v1=…`; required where the server has the secret',
  })
  @ApiBody({ type: WebhookDto })
  @ApiOkResponse({ type: ReceivedDto })
  @ApiProblems('route.not_found', 'billing.authorization_wrong', 'billing.signature_wrong', 'sync.busy')
  async receive(@Req() request: FastifyRequest, @Body() body: unknown): Promise<ReceivedDto> {
    const event = this.read(request, (body as Buffer | undefined) ?? Buffer.alloc(0));
    const { outcome, userId } = await this.billing.receive(event);
    const { eventId, type } = event.line;
    request.log.info({ eventId, type, outcome, userId }, 'billing event');
    return { outcome };
  }

  /**
   * What RevenueCat says is repeated a few times and then lost, so the operator has to hear of a refusal.
   * @throws AppError billing.signature_wrong, request.not_json, request.invalid
   */
  private read(request: FastifyRequest, bytes: Buffer): StoreEvent {
    try {
      this.checkSignature(request, bytes);
      return readStoreEvent(readJsonObject(bytes), this.clock.now());
    } catch (error) {
      if (error instanceof AppError)
        request.log.warn({ code: error.code, errors: error.extras.errors }, 'billing event refused');
      throw error;
    }
  }

  /** @throws AppError billing.signature_wrong */
  private checkSignature({ headers }: FastifyRequest, body: Buffer): void {
    const { revenuecatSigningSecret: secret } = this.env;
    if (secret === '') return;
    const header = headers[SIGNATURE_HEADER];
    const signed = { header: typeof header === 'string' ? header : undefined, body };
    if (!isSigned(signed, secret, this.clock.now())) throw new AppError('billing.signature_wrong');
  }
}
