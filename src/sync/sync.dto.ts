import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUUID, Max, Min } from 'class-validator';
import { ApiProperty } from '../common/api-docs.js';
import { RECORD_CODES } from '../common/compile-validator.js';
import { ID_MAX_LENGTH } from '../common/fields.js';
import { PlainText } from '../common/text-rules.js';
import { RECEIPT } from './envelope.js';

const MILLIS = { type: 'integer', format: 'int64' } as const;
const SYNC_TIME = {
  ...MILLIS,
  description: 'The cursor: store it together with the applied records, send it as `lastSync` next time.',
} as const;
const EPOCH = {
  ...MILLIS,
  description:
    'Changes when the server was restored from a backup: a client that sees a new one pushes everything again.',
} as const;

export class RejectedRecordDto {
  @ApiProperty() collection: string;
  @ApiProperty({ type: String, nullable: true, description: 'As it was sent; null if it was no text.' })
  clientId: string | null;
  @ApiProperty({ enum: RECORD_CODES }) code: string;
  @ApiProperty({ type: String, nullable: true }) field: string | null;
  @ApiProperty() message: string;
  @ApiProperty({ description: 'Whether the very same record may be accepted later.' }) retryable: boolean;
}

export class SupersededDto {
  @ApiProperty() collection: string;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'The winning head, whole.' })
  record: object;
}

export class SyncPushAnswer {
  @ApiProperty(SYNC_TIME) syncTime: number;
  @ApiProperty(EPOCH) epoch: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'object', additionalProperties: { type: 'string', format: 'uuid' } },
    description: 'For every collection: client id, exactly as sent → server id.',
  })
  idMappings: object;
  @ApiProperty({
    type: 'integer',
    description:
      'Names what this push has told the server; to be sent with the next requests, see `receipt` there.',
  })
  receipt: number;
  @ApiProperty({ type: [RejectedRecordDto] }) rejected: RejectedRecordDto[];
  @ApiProperty({
    type: [SupersededDto],
    description:
      'Heads that won over what was sent; for clients that send a `receipt`, all that are not exactly what was sent.',
  })
  superseded: SupersededDto[];
}

export class SyncPullAnswer {
  @ApiProperty(SYNC_TIME) syncTime: number;
  @ApiProperty({ description: 'More pages follow: pull again with `syncTime`.' }) hasMore: boolean;
  @ApiProperty({ description: '`lastSync` was not a cursor of this device: everything is sent again.' })
  resync: boolean;
  @ApiProperty(EPOCH) epoch: number;
}

export class SyncStatusAnswer {
  @ApiProperty({ ...MILLIS, nullable: true, description: 'When the device last moved something.' })
  lastSync: number | null;
  @ApiProperty({ type: 'integer', description: 'Records the next pull of the device would bring.' })
  pendingChanges: number;
  @ApiProperty({ description: '`free`, `premium`, …' }) subscriptionStatus: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'ISO 8601, as the phones read it.',
  })
  subscriptionExpiresAt: string | null;
  @ApiProperty() isPremium: boolean;
  @ApiProperty({ type: String, nullable: true }) deviceId: string | null;
  @ApiProperty(EPOCH) epoch: number;
}

export class StatusQuery {
  @ApiProperty({ required: false, description: 'Default: the account’s most recent device.' })
  @IsOptional()
  @PlainText(1, ID_MAX_LENGTH)
  deviceId?: string;

  @ApiProperty({ ...MILLIS, required: false, description: 'Default: the cursor this device was given last.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  lastSync?: number;

  @ApiProperty(RECEIPT)
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  receipt?: number;
}

export class DigestQuery {
  @ApiProperty({
    required: false,
    description:
      'Whose own row numbers and aliases are shown; default: of no device, server ids stand in for them.',
  })
  @IsOptional()
  @PlainText(1, ID_MAX_LENGTH)
  deviceId?: string;

  @ApiProperty({ required: false, description: 'Lists key and hash of every record of this collection.' })
  @IsOptional()
  @IsString()
  collection?: string;
}

export class CollectionDigest {
  @ApiProperty({ type: 'integer', description: 'Live records whose parents are live.' }) count: number;
  @ApiProperty({ description: 'SHA-256, hexadecimal.' }) hash: string;
}

export class DigestAnswer {
  @ApiProperty(SYNC_TIME) syncTime: number;
  @ApiProperty({ type: 'object', additionalProperties: { $ref: '#/components/schemas/CollectionDigest' } })
  collections: Record<string, CollectionDigest>;
  @ApiProperty({
    required: false,
    description: 'With ?collection= only.',
    type: 'array',
    items: {
      type: 'object',
      required: ['key', 'hash'],
      properties: { key: { type: 'string' }, hash: { type: 'string' } },
    },
  })
  records?: { key: string; hash: string }[];
}

export class RejectedQuery {
  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: 500, default: 100 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit: number = 100;

  @ApiProperty({
    required: false,
    format: 'uuid',
    description: 'The `id` of the last entry of the page before.',
  })
  @IsOptional()
  @IsUUID()
  before?: string;
}

/** Also what was sent in place of a record. */
const ANY_JSON = [
  { type: 'object', additionalProperties: true },
  { type: 'array', items: {} },
  { type: 'string' },
  { type: 'number' },
  { type: 'boolean' },
];

export class RejectedEntryDto extends RejectedRecordDto {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty() deviceId: string;
  @ApiProperty({ oneOf: ANY_JSON, nullable: true, description: 'The record as it was sent.' })
  record: unknown;
  @ApiProperty(MILLIS) receivedAt: number;
}

export class RejectedAnswer {
  @ApiProperty({ type: [RejectedEntryDto] }) rejected: RejectedEntryDto[];
}

export class DeviceDto {
  @ApiProperty() deviceId: string;
  @ApiProperty({ type: String, nullable: true }) deviceName: string | null;
  @ApiProperty() platform: string;
  @ApiProperty(MILLIS) createdAt: number;
  @ApiProperty(MILLIS) lastSyncAt: number;
  @ApiProperty({ ...MILLIS, nullable: true, description: 'Set: the device may not sync.' }) revokedAt:
    number | null;
}

export class DevicesAnswer {
  @ApiProperty({ type: [DeviceDto] }) devices: DeviceDto[];
}

export class DevicePatch {
  @ApiProperty({ required: false, maxLength: 255, minLength: 1 })
  @IsOptional()
  @PlainText(1, 255)
  deviceName?: string;

  @ApiProperty({
    required: false,
    enum: [false],
    description: 'false allows a revoked device to sync again.',
  })
  @IsOptional()
  @IsBoolean()
  @IsIn([false], { message: 'revoke a device with DELETE' })
  revoked?: boolean;
}

export class HistoryVersionDto {
  @ApiProperty({ type: 'integer', description: 'Counts the states of the record, from 1.' }) version: number;
  @ApiProperty({ enum: ['replaced', 'lost'] }) reason: string;
  @ApiProperty({ description: 'The device that wrote this state.' }) deviceId: string;
  @ApiProperty({ ...MILLIS, description: 'Edit time, clamped to the time of receipt.' }) editedAt: number;
  @ApiProperty({ ...MILLIS, description: 'When it was put away.' }) storedAt: number;
  @ApiProperty({ type: 'object', additionalProperties: true }) record: object;
}

export class HistoryAnswer {
  @ApiProperty() collection: string;
  @ApiProperty({ format: 'uuid' }) serverId: string;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'The record as it is now.' })
  head: object;
  @ApiProperty({ type: [HistoryVersionDto], description: 'Oldest first.' }) versions: HistoryVersionDto[];
}

export class RestoreAnswer {
  @ApiProperty() collection: string;
  @ApiProperty({ format: 'uuid' }) serverId: string;
  @ApiProperty({ type: 'object', additionalProperties: true }) record: object;
}

const PER_MINUTE = {
  type: 'integer',
  nullable: true,
  description: 'For the account in a minute; beyond it the answer is 429 with `Retry-After`. null: no limit.',
} as const;

export class LimitsAnswer {
  @ApiProperty({ type: [String] }) collections: string[];
  @ApiProperty({ type: 'integer' }) maxBodyBytes: number;
  @ApiProperty({ type: 'integer' }) maxPageRecords: number;
  @ApiProperty({ type: 'integer' }) maxRecordsPerPush: number;
  @ApiProperty({ type: 'integer' }) maxIdLength: number;
  @ApiProperty({ type: 'integer' }) maxUnknownKeysLength: number;
  @ApiProperty({ type: 'integer' }) maxUnknownKeysDepth: number;
  @ApiProperty({ type: 'integer' }) maxSamplesPerUpload: number;
  @ApiProperty({ type: 'integer' }) cursorsKeptPerDevice: number;
  @ApiProperty({ ...PER_MINUTE, description: `Pushes, pulls and the like. ${PER_MINUTE.description}` })
  syncRequestsPerMinute: number | null;
  @ApiProperty({ ...PER_MINUTE, description: `Uploads of samples. ${PER_MINUTE.description}` })
  uploadsPerMinute: number | null;
  @ApiProperty({ ...PER_MINUTE, description: `Reads of a portal. ${PER_MINUTE.description}` })
  readsPerMinute: number | null;
}
