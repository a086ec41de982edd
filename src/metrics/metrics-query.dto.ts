import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min, Validate, ValidatorConstraint } from 'class-validator';
import { ApiProperty } from '../common/api-docs.js';
import { ID_MAX_LENGTH } from '../common/fields.js';
import { MAX_POINTS, MIN_POINTS } from './limits.js';
import { ID_RULE, isId } from './read-upload.js';

/** `1e3`, ` 5` and the empty text are no integers, although Number() takes them; what is none is left for IsInt. */
const FromText = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value,
  );

const IsTime = (): PropertyDecorator => (target, name) => {
  for (const rule of [
    IsOptional(),
    FromText(),
    IsInt(),
    Min(Number.MIN_SAFE_INTEGER),
    Max(Number.MAX_SAFE_INTEGER),
  ])
    rule(target, name);
};

@ValidatorConstraint({ name: 'isId' })
export class IsId {
  validate = isId;
  defaultMessage = () => `$property ${ID_RULE}`;
}

const TIME = { required: false, type: 'integer', format: 'int64' } as const;

export class MetricsQueryDto {
  @ApiProperty({ ...TIME, description: 'Only samples from this time on, epoch ms' })
  @IsTime()
  from?: number;

  @ApiProperty({ ...TIME, description: 'Only samples before this time, epoch ms' })
  @IsTime()
  to?: number;

  @ApiProperty({
    required: false,
    type: 'integer',
    minimum: MIN_POINTS,
    maximum: MAX_POINTS,
    description: 'At most so many of the samples, chosen so that a plot looks the same',
  })
  @IsOptional()
  @FromText()
  @IsInt()
  @Min(MIN_POINTS)
  @Max(MAX_POINTS)
  points?: number;

  @ApiProperty({
    required: false,
    enum: ['rows', 'columns'],
    default: 'rows',
    description: 'Form of the JSON',
  })
  @IsOptional()
  @IsIn(['rows', 'columns'])
  format?: 'rows' | 'columns';

  @ApiProperty({
    required: false,
    maxLength: ID_MAX_LENGTH,
    description: 'Whose row number the id is; only for ids of digits that several devices have used',
  })
  @IsOptional()
  @Validate(IsId)
  deviceId?: string;
}
