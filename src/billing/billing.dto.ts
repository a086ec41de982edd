import { ApiProperty } from '../common/api-docs.js';
import { type Outcome, OUTCOMES } from './billing.service.js';

/** What is read of a webhook's body; everything else in it is ignored. */
export class WebhookDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    required: ['id', 'type'],
    properties: {
      id: { type: 'string' },
      type: { type: 'string', example: 'INITIAL_PURCHASE' },
      event_timestamp_ms: { type: 'integer', format: 'int64' },
      app_user_id: { type: 'string', description: 'The `user.id` of this API.' },
      entitlement_ids: { type: 'array', items: { type: 'string' } },
      expiration_at_ms: { type: 'integer', format: 'int64', nullable: true },
    },
    description: 'An event as RevenueCat documents it.',
  })
  event: object;
}

export class ReceivedDto {
  @ApiProperty({
    enum: OUTCOMES,
    description: 'What became of the event; sent again it would change nothing.',
  })
  outcome: Outcome;
}
