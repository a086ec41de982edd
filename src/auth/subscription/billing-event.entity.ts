import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { KEY_TEXT, millisTransformer } from '../../common/fields.js';

const millis = { type: 'bigint', transformer: millisTransformer } as const;

export const EVENT_ID_MAX_LENGTH = 128;
export const STORE_TEXT_MAX_LENGTH = 255;

/**
 * What stores and operators have said about an account's subscriptions: its ledger, append-only but for the names of deleted
 * accounts (SubscriptionService.forget). The subscription in the account's row follows from it and from nothing else
 * (ledger.ts). What a store says of somebody who has no account here is kept under an id made from its name (holders.ts),
 * until a transfer brings it to an account. No money, no attributes of people.
 */
@Entity('billing_events')
@Index(['holderId'], { where: '"holder_id" <> "user_id"' })
@Index(['transferredFrom'], { type: 'gin', where: `"type" = 'TRANSFER'` })
@Index(['transferredTo'], { type: 'gin', where: `"type" = 'TRANSFER'` })
export class BillingEvent {
  /** Whose ledger it is in. */
  @PrimaryColumn('uuid')
  userId: string;

  /** As the store's service names it: the same event comes again under the same id. */
  @PrimaryColumn({ type: 'varchar', length: EVENT_ID_MAX_LENGTH, ...KEY_TEXT })
  eventId: string;

  /**
   * Whom it was about when it happened: another than the owner where a transfer has brought it here. Once that one is
   * deleted, a UUID made by chance.
   */
  @Column('uuid')
  holderId: string;

  @Column({ type: 'varchar', length: 64 })
  type: string;

  /** When it was so; decides between events, whenever they arrive. */
  @Column(millis)
  eventAt: number;

  @Column(millis)
  receivedAt: number;

  @Column({ type: 'varchar', length: 32, nullable: true })
  store: string | null;

  @Column({ type: 'varchar', length: 32, nullable: true })
  environment: string | null;

  @Column({ type: 'varchar', length: STORE_TEXT_MAX_LENGTH, nullable: true })
  productId: string | null;

  /** The subscription among those of its store: its original transaction. */
  @Column({ type: 'varchar', length: STORE_TEXT_MAX_LENGTH, nullable: true })
  subscriptionKey: string | null;

  @Column({ type: 'varchar', length: STORE_TEXT_MAX_LENGTH, nullable: true })
  transactionId: string | null;

  @Column({ ...millis, nullable: true })
  purchasedAt: number | null;

  /** null: not said, or without end; which of them, the type tells. */
  @Column({ ...millis, nullable: true })
  expiresAt: number | null;

  /** Until when the store goes on while a payment is being retried. */
  @Column({ ...millis, nullable: true })
  graceUntil: number | null;

  @Column({ type: 'text', array: true, default: '{}' })
  entitlements: string[];

  /** Why it was cancelled or expired, or what the operator wrote. */
  @Column({ type: 'varchar', length: STORE_TEXT_MAX_LENGTH, nullable: true })
  reason: string | null;

  /** For transfers: whose subscriptions go over. */
  @Column({ type: 'uuid', array: true, nullable: true })
  transferredFrom: string[] | null;

  /** For transfers: who gets them; one account, or a stranger under each of its names. */
  @Column({ type: 'uuid', array: true, nullable: true })
  transferredTo: string[] | null;
}
