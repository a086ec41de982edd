import { ApiProperty } from '@nestjs/swagger';
import { plainToInstance } from 'class-transformer';
import {
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  validateSync,
} from 'class-validator';
import { AppError, type FieldError } from '../common/app-error.js';
import { ID_MAX_LENGTH } from '../common/fields.js';

// eslint-disable-next-line no-control-regex -- U+0000 is what is looked for: PostgreSQL cannot store it
const NO_NUL = /^[^\u0000]*$/u;

const CURSOR = {
  type: 'integer',
  format: 'int64',
  default: 0,
  description: 'The `syncTime` of this device’s last answer; 0 the first time.',
} as const;

/** Who asks: shared by push and pull. The sections of a push are added by the collections themselves. */
export class SyncRequest {
  @ApiProperty({
    minLength: 1,
    maxLength: ID_MAX_LENGTH,
    description: 'Opaque, and the same for the life of the device.',
  })
  @IsString()
  @MinLength(1)
  @MaxLength(ID_MAX_LENGTH)
  @Matches(NO_NUL, { message: 'deviceId must not hold U+0000' })
  deviceId: string;

  @ApiProperty({ ...CURSOR, required: false })
  @IsOptional()
  @IsInt()
  lastSync?: number | null;

  @ApiProperty({
    type: 'integer',
    format: 'int64',
    required: false,
    nullable: true,
    description: 'The `epoch` of this device’s last answer.',
  })
  @IsOptional()
  @IsNumber()
  epoch?: number | null;
}

export class SyncPushRequest extends SyncRequest {
  @ApiProperty({ maxLength: 255, required: false, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  @Matches(NO_NUL, { message: 'deviceName must not hold U+0000' })
  deviceName?: string | null;

  @ApiProperty({ maxLength: 50, required: false, description: '`android`, `ios`, `web`' })
  @IsOptional()
  @IsString()
  @MaxLength(50)
  @Matches(NO_NUL, { message: 'platform must not hold U+0000' })
  platform?: string | null;
}

export const PAGE_MAX = 5000;

export class SyncPullRequest extends SyncRequest {
  @ApiProperty({
    minimum: 1,
    maximum: PAGE_MAX,
    type: 'integer',
    required: false,
    nullable: true,
    description: 'Records a page; without it everything comes in one answer.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(PAGE_MAX)
  limit?: number | null;
}

/**
 * Checks the envelope of a body and nothing inside its sections: the global pipe would walk every record, at a hundred
 * times the cost of the compiled checks that follow, and refuse all of them for one.
 * @throws AppError request.invalid
 */
export function readEnvelope<T extends SyncRequest>(type: new () => T, body: unknown): T {
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw new AppError('request.invalid', { detail: 'The body must be a JSON object.' });
  const names = ['deviceId', 'lastSync', 'epoch', 'deviceName', 'platform', 'limit'];
  const own = Object.entries(body).filter(([name]) => names.includes(name));
  const envelope = plainToInstance(type, Object.fromEntries(own));
  const errors: FieldError[] = validateSync(envelope).flatMap(({ property, constraints }) =>
    Object.entries(constraints ?? {}).map(([code, message]) => ({ path: property, code, message })),
  );
  const badText = own.find(([, value]) => typeof value === 'string' && !value.isWellFormed());
  if (badText)
    errors.push({ path: badText[0], code: 'isWellFormed', message: `${badText[0]} holds half a character` });
  if (errors.length > 0) throw new AppError('request.invalid', { errors });
  return envelope;
}
