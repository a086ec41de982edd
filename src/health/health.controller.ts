import { Controller, Get } from '@nestjs/common';
import { Public } from '../auth/decorators.js';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { AppError } from '../common/app-error.js';
import { ReadinessService } from './readiness.service.js';

export class HealthDto {
  @ApiProperty({ enum: ['ok'] })
  status: 'ok';
}

@ApiTags('health')
@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly readiness: ReadinessService) {}

  @Get('live')
  @ApiOperation({ summary: 'The process runs. Restart it when this fails.' })
  @ApiOkResponse({ type: HealthDto })
  live(): HealthDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Requests can be served. Send them elsewhere while this fails.' })
  @ApiOkResponse({ type: HealthDto })
  @ApiProblems('server.unavailable')
  async ready(): Promise<HealthDto> {
    if (await this.readiness.isReady()) return { status: 'ok' };
    throw new AppError('server.unavailable', {
      detail: 'The database is away, or migrations are missing.',
      retryAfterSeconds: 2,
    });
  }
}
