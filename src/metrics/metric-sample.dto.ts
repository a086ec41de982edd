import { ApiProperty, type ApiPropertyOptions } from '../common/api-docs.js';
import { FLOAT32_MAX, ID_MAX_LENGTH, INT32_MAX } from '../common/fields.js';
import { MAX_UPLOAD_SAMPLES } from '../common/upload-limits.js';

const TIMESTAMP = {
  type: 'integer',
  format: 'int64',
  description: 'Epoch ms, by the phone’s clock',
} as const;
const STATUS = {
  type: 'integer',
  format: 'int32',
  minimum: -INT32_MAX - 1,
  maximum: INT32_MAX,
  default: 0,
  description: 'The machine’s status bits',
} as const;
const float = (description: string) =>
  ({
    type: 'number',
    format: 'float',
    minimum: -FLOAT32_MAX,
    maximum: FLOAT32_MAX,
    nullable: true,
    description,
  }) as const;

/** What each value is: said once for rows and columns, requests and answers. */
const VALUES = {
  position: float('mm, left cable'),
  positionB: float('mm, right cable'),
  velocity: float('mm/s, left cable, positive is lifting'),
  velocityB: float('mm/s, right cable'),
  load: float('kg, left cable, about 4 kg base tension included'),
  loadB: float('kg, right cable'),
  power: float('kg·mm/s, signed (× 9.80665 / 1000 = W)'),
};

const ID = { minLength: 1, maxLength: ID_MAX_LENGTH };
const optional = (options: ApiPropertyOptions): PropertyDecorator =>
  ApiProperty({ ...options, required: false } as ApiPropertyOptions);
const columnOf = (items: object, description?: string): PropertyDecorator =>
  ApiProperty({ type: 'array', items, description });
const optionalColumnOf = (items: object): PropertyDecorator =>
  ApiProperty({ type: 'array', items, required: false, nullable: true });

/** A sample as phones send it: everything but the time may be absent or null. */
export class MetricSampleDto {
  @ApiProperty(TIMESTAMP) timestamp: number;
  @optional(VALUES.position) position?: number | null;
  @optional(VALUES.positionB) positionB?: number | null;
  @optional(VALUES.velocity) velocity?: number | null;
  @optional(VALUES.velocityB) velocityB?: number | null;
  @optional(VALUES.load) load?: number | null;
  @optional(VALUES.loadB) loadB?: number | null;
  @optional(VALUES.power) power?: number | null;
  @optional(STATUS) status?: number;
}

/** A sample as it is given back: every key is there. */
export class StoredMetricSampleDto {
  @ApiProperty(TIMESTAMP) timestamp: number;
  @ApiProperty(VALUES.position) position: number | null;
  @ApiProperty(VALUES.positionB) positionB: number | null;
  @ApiProperty(VALUES.velocity) velocity: number | null;
  @ApiProperty(VALUES.velocityB) velocityB: number | null;
  @ApiProperty(VALUES.load) load: number | null;
  @ApiProperty(VALUES.loadB) loadB: number | null;
  @ApiProperty(VALUES.power) power: number | null;
  @ApiProperty(STATUS) status: number;
}

export class MetricRowsUploadDto {
  @ApiProperty(ID) deviceId: string;

  @ApiProperty({ type: [MetricSampleDto], maxItems: MAX_UPLOAD_SAMPLES, description: 'In any order' })
  samples: MetricSampleDto[];
}

/** The same samples in less than half the bytes. All columns are as long as `timestamp`; an absent one is all null. */
export class MetricColumnsUploadDto {
  @ApiProperty(ID) deviceId: string;
  @columnOf(TIMESTAMP) timestamp: number[];
  @optionalColumnOf(VALUES.position) position?: (number | null)[] | null;
  @optionalColumnOf(VALUES.positionB) positionB?: (number | null)[] | null;
  @optionalColumnOf(VALUES.velocity) velocity?: (number | null)[] | null;
  @optionalColumnOf(VALUES.velocityB) velocityB?: (number | null)[] | null;
  @optionalColumnOf(VALUES.load) load?: (number | null)[] | null;
  @optionalColumnOf(VALUES.loadB) loadB?: (number | null)[] | null;
  @optionalColumnOf(VALUES.power) power?: (number | null)[] | null;
  @optionalColumnOf(STATUS) status?: number[] | null;
}

export class MetricsUploadedDto {
  @ApiProperty({ type: 'integer', description: 'Samples in this request' })
  uploaded: number;

  @ApiProperty({ type: 'integer', description: 'Samples the session has now, each time counted once' })
  total: number;
}

export class MetricSamplesDto {
  @ApiProperty({ description: 'The id that was asked for' })
  sessionId: string;

  @ApiProperty({ type: [StoredMetricSampleDto], description: 'By ascending time, each time once' })
  samples: StoredMetricSampleDto[];
}

/** With `format=columns`. */
export class MetricColumnsDto {
  @ApiProperty({ description: 'The id that was asked for' })
  sessionId: string;

  @columnOf(TIMESTAMP, 'Ascending, each time once') timestamp: number[];
  @columnOf(VALUES.position) position: (number | null)[];
  @columnOf(VALUES.positionB) positionB: (number | null)[];
  @columnOf(VALUES.velocity) velocity: (number | null)[];
  @columnOf(VALUES.velocityB) velocityB: (number | null)[];
  @columnOf(VALUES.load) load: (number | null)[];
  @columnOf(VALUES.loadB) loadB: (number | null)[];
  @columnOf(VALUES.power) power: (number | null)[];
  @columnOf(STATUS) status: number[];
}
