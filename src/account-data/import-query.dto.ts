import { IsOptional, IsString, MaxLength } from 'class-validator';
import { ApiProperty } from '../common/api-docs.js';

export class ImportQueryDto {
  @ApiProperty({ required: false, description: 'The `next` of the answer before' })
  @IsOptional()
  @IsString()
  @MaxLength(50)
  after?: string;
}
