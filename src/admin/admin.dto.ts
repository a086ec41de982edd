import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { EMAIL_MAX_LENGTH, normaliseEmail } from '../auth/email.js';
import { STORE_TEXT_MAX_LENGTH } from '../auth/subscription/billing-event.entity.js';
import { ApiProperty } from '../common/api-docs.js';
import { PlainText } from '../common/text-rules.js';
import { REASON_MAX_LENGTH } from './admin-action.entity.js';

const MILLIS = { type: 'integer', format: 'int64' } as const;
/** The last instant that dates can say. */
const INSTANT_MAX = 8.64e15;

/** A moment that may be unknown. */
const Instant = (description: string) =>
  ApiProperty({ ...MILLIS, nullable: true, description: `${description}; epoch ms.` });
const Text = (description: string) => ApiProperty({ type: String, nullable: true, description });

/** Goes into the ledger and into the book of actions. */
const Reason = () =>
  applyDecorators(
    ApiProperty({ minLength: 1, maxLength: REASON_MAX_LENGTH, example: 'ticket 4711' }),
    PlainText(1, REASON_MAX_LENGTH),
  );

export class FindAccountDto {
  @ApiProperty({ format: 'email', example: 'maria@example.org' })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? normaliseEmail(value) : value))
  @PlainText(1, EMAIL_MAX_LENGTH)
  email: string;
}

export class ChangeSubscriptionDto {
  @ApiProperty({ description: 'true: grant premium; false: end it now, whatever it comes from.' })
  @IsBoolean()
  premium: boolean;

  @ApiProperty({
    ...MILLIS,
    required: false,
    nullable: true,
    description: 'End of the grant, epoch ms; null: none.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(INSTANT_MAX)
  until?: number | null;

  @Reason()
  reason: string;
}

export class AdoptDto {
  @ApiProperty({
    maxLength: STORE_TEXT_MAX_LENGTH,
    example: '$RCAnonymousID:8069238d6049ce87cc529853916d624c',
  })
  @IsString()
  @MaxLength(STORE_TEXT_MAX_LENGTH)
  appUserId: string;

  @Reason()
  reason: string;
}

export class HeldSubscriptionDto {
  @Text('`APP_STORE`, `PLAY_STORE` …; `OPERATOR` for a grant') store: string | null;
  @Text('Its name in the store') productId: string | null;
  @ApiProperty({ type: [String] }) entitlements: string[];
  @Text('`PRODUCTION` or `SANDBOX`') environment: string | null;
  @Instant('Beginning of the period') purchasedAt: number | null;
  @Instant('Its end; null: none') endsAt: number | null;
  @Instant('How long the store goes on while a payment is retried') graceUntil: number | null;
  @ApiProperty({ description: 'Expired, refunded or revoked.' }) isOver: boolean;
  @ApiProperty({ description: 'Whether it makes the account premium until its end.' }) counts: boolean;
  @ApiProperty({ example: 'RENEWAL' }) lastEvent: string;
  @Text('Its reason') lastReason: string | null;
  @ApiProperty({ ...MILLIS, description: 'When it was said; epoch ms.' }) saidAt: number;
}

export class AdminAccountDto {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty() email: string;
  @ApiProperty() displayName: string;
  @ApiProperty({ ...MILLIS, description: 'Epoch ms.' }) createdAt: number;
  @Instant('Last sign-in with the password') lastLoginAt: number | null;
  @Instant('When the address was confirmed; null: it was not') emailConfirmedAt: number | null;
  @Instant('When an operator shut the account; null: it is open') disabledAt: number | null;
  @Instant('When its deletion was asked for; null: it was not') deletedAt: number | null;
  @Instant('When it is deleted for good; 0: that has begun') purgeAfterAt: number | null;
  @ApiProperty({ description: 'Whether the account may sync now, the grace period included.' })
  isPremium: boolean;
  @ApiProperty({ example: 'premium' }) subscriptionStatus: string;
  @Instant('End of the subscription; null: none') subscriptionExpiresAt: number | null;
  @ApiProperty({ type: [HeldSubscriptionDto], description: 'What that follows from.' })
  subscriptions: HeldSubscriptionDto[];
  @ApiProperty({ type: 'integer', description: 'Revoked ones included.' }) devices: number;
  @Instant('Last sync of any device') lastSyncAt: number | null;
}

export class BillingEventDto {
  @ApiProperty({ description: 'As RevenueCat names it; `operator-…` for those of operators.' })
  eventId: string;
  @ApiProperty({ example: 'RENEWAL' }) type: string;
  @ApiProperty({ ...MILLIS, description: 'When it was so; epoch ms.' }) eventAt: number;
  @ApiProperty({ ...MILLIS, description: 'When it arrived; epoch ms.' }) receivedAt: number;
  @ApiProperty({ description: 'false: it came over from somebody else with a transfer.' }) isOwn: boolean;
  @Text('The store') store: string | null;
  @Text('`PRODUCTION` or `SANDBOX`') environment: string | null;
  @Text('Its name in the store') productId: string | null;
  @Text('The subscription: its original transaction') subscriptionKey: string | null;
  @Text('The transaction') transactionId: string | null;
  @Instant('Beginning of the period') purchasedAt: number | null;
  @Instant('Its end') expiresAt: number | null;
  @Instant('How long the store goes on while a payment is retried') graceUntil: number | null;
  @ApiProperty({ type: [String] }) entitlements: string[];
  @Text('Of a cancellation or expiration, or what an operator wrote') reason: string | null;
}

export class BillingEventsAnswer {
  @ApiProperty({ type: [BillingEventDto], description: 'In the order in which it happened.' })
  events: BillingEventDto[];
}

export class AdoptedDto {
  @ApiProperty({ type: 'integer', description: 'Events that came over.' }) adopted: number;
  @ApiProperty() account: AdminAccountDto;
}
