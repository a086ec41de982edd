import { Type } from 'class-transformer';
import { IsInt, IsOptional } from 'class-validator';
import { ApiProperty } from '../common/api-docs.js';
import { ID_MAX_LENGTH } from '../common/fields.js';
import { PlainText } from '../common/text-rules.js';

export class EventsQuery {
  @ApiProperty({ required: false, description: 'Whose own changes are no news to it.' })
  @IsOptional()
  @PlainText(1, ID_MAX_LENGTH)
  deviceId?: string;

  @ApiProperty({
    type: 'integer',
    format: 'int64',
    required: false,
    description:
      'The cursor of the device. Without it, and without Last-Event-ID, the first event comes at once.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  lastSync?: number;
}
