import type { Readable } from 'node:stream';
import { Controller, Get, Header, Headers, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser } from '../auth/decorators.js';
import { ApiBearerAuth, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { ChangeFeed } from './change-feed.js';
import { EventStreams } from './event-streams.service.js';
import { EventsQuery } from './events.dto.js';

const EVENTS_TYPE = 'text/event-stream';

@ApiTags('sync')
@ApiBearerAuth()
@Controller('sync')
export class EventsController {
  constructor(
    private readonly feed: ChangeFeed,
    private readonly streams: EventStreams,
  ) {}

  @Get('events')
  @Header('content-type', EVENTS_TYPE)
  @Header('cache-control', 'no-store')
  // nginx would keep events until it has a buffer full of them.
  @Header('x-accel-buffering', 'no')
  @ApiOperation({
    summary: 'Tells that there is something to pull, as it happens',
    description:
      'Server-sent events, without any content: `change` with the clock of the account as `syncTime`, when another device ' +
      'has changed something, and `samples` when sensor samples have come. The stream ends from time to time: open it ' +
      'again after `retry`. A lost event costs nothing, for the next pull finds the same.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The `id` of the last event, in place of `lastSync`.',
  })
  @ApiOkResponse({ content: { [EVENTS_TYPE]: { schema: { type: 'string' } } } })
  @ApiProblems('request.invalid', 'server.unavailable')
  async events(
    @CurrentUser() user: AuthUser,
    @Query() { deviceId, lastSync }: EventsQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() { method }: FastifyRequest,
  ): Promise<Readable | ''> {
    // Fastify answers HEAD with the same handler, and would read the stream to its end.
    if (method === 'HEAD') return '';
    this.feed.ensureOpen();
    const cursor = lastSync ?? cursorIn(lastEventId);
    const { body } = await this.streams.subscribe(user, { deviceId, cursor });
    return body;
  }
}

function cursorIn(lastEventId: string | undefined): number | null {
  const cursor = Number(lastEventId === undefined || lastEventId === '' ? Number.NaN : lastEventId);
  return Number.isSafeInteger(cursor) ? cursor : null;
}
