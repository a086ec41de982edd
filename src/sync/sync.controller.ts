import { Body, Controller, Get, Header, HttpCode, Post, Query, StreamableFile } from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { BodyLimit } from '../common/body-limit.js';
import { EXTRA_MAX_DEPTH, EXTRA_MAX_LENGTH } from '../common/compile-validator.js';
import { ID_MAX_LENGTH } from '../common/fields.js';
import { MAX_UPLOAD_SAMPLES } from '../common/upload-limits.js';
import { RateLimits } from '../limits/rate-limits.js';
import { Collections } from './collections.js';
import { CURSORS_KEPT } from './device-state.js';
import { DigestService } from './digest.service.js';
import { PAGE_MAX, SyncPullRequest, SyncPushRequest } from './envelope.js';
import { PullService } from './pull.service.js';
import { pushAnswer } from './push-answer.js';
import { PushService } from './push.service.js';
import { PUSH_MAX_RECORDS } from './read-sections.js';
import { StatusService } from './status.service.js';
import {
  CollectionDigest,
  DigestAnswer,
  DigestQuery,
  LimitsAnswer,
  StatusQuery,
  SyncPullAnswer,
  SyncPushAnswer,
  SyncStatusAnswer,
} from './sync.dto.js';

/** A first push of 100,000 records of a first-generation phone is about 32 MiB. */
export const PUSH_MAX_BYTES = 64 * 1024 * 1024;
const JSON_TYPE = 'application/json; charset=utf-8';

@ApiTags('sync')
@ApiBearerAuth()
@Controller('sync')
export class SyncController {
  constructor(
    private readonly pushes: PushService,
    private readonly pulls: PullService,
    private readonly statuses: StatusService,
    private readonly digests: DigestService,
    private readonly collections: Collections,
    private readonly rates: RateLimits,
  ) {}

  @Post('push')
  @HttpCode(200)
  @BodyLimit(PUSH_MAX_BYTES)
  @Header('content-type', JSON_TYPE)
  @ApiOperation({ summary: 'Store what a device has changed; safe to repeat' })
  @ApiBody({ type: SyncPushRequest })
  @ApiOkResponse({ type: SyncPushAnswer })
  @ApiProblems('request.invalid', 'sync.device_revoked', 'sync.busy')
  async push(@CurrentUser() user: AuthUser, @Body() body: object): Promise<string> {
    return pushAnswer(await this.pushes.push(user.id, body));
  }

  @Post('pull')
  @HttpCode(200)
  @Header('content-type', JSON_TYPE)
  @ApiOperation({ summary: 'Everything that changed since a cursor and that the device does not hold' })
  @ApiBody({ type: SyncPullRequest })
  @ApiOkResponse({ type: SyncPullAnswer })
  @ApiProblems('request.invalid', 'sync.device_revoked')
  async pull(@CurrentUser() user: AuthUser, @Body() body: object): Promise<string | StreamableFile> {
    const answer = await this.pulls.pull(user.id, body);
    return typeof answer === 'string' ? answer : new StreamableFile(answer, { type: JSON_TYPE });
  }

  @Get('status')
  @FreeTier()
  @ApiOperation({ summary: 'Where a device stands, and whether the account may sync' })
  @ApiOkResponse({ type: SyncStatusAnswer })
  @ApiProblems('request.invalid', 'sync.device_revoked')
  async status(@CurrentUser() user: AuthUser, @Query() query: StatusQuery): Promise<SyncStatusAnswer> {
    const { lastSync, pendingChanges, deviceId, epoch } = await this.statuses.status(user.id, query);
    const { subscriptionStatus, subscriptionExpiresAt: expires, isPremium } = user;
    const subscriptionExpiresAt = expires === null ? null : new Date(expires).toISOString();
    return {
      lastSync,
      pendingChanges,
      subscriptionStatus,
      subscriptionExpiresAt,
      isPremium,
      deviceId,
      epoch,
    };
  }

  @Get('digest')
  @ApiOperation({ summary: 'Counts and hashes, by which a device proves that it is identical to the server' })
  @ApiExtraModels(CollectionDigest)
  @ApiOkResponse({ type: DigestAnswer })
  @ApiProblems('sync.collection_unknown')
  digest(@CurrentUser() user: AuthUser, @Query() query: DigestQuery): Promise<DigestAnswer> {
    return this.digests.digest(user.id, query);
  }

  @Get('limits')
  @FreeTier()
  @ApiOperation({ summary: 'The limits of this server' })
  @ApiOkResponse({ type: LimitsAnswer })
  limits(): LimitsAnswer {
    return {
      collections: this.collections.all().map(({ name }) => name),
      maxBodyBytes: PUSH_MAX_BYTES,
      maxPageRecords: PAGE_MAX,
      maxRecordsPerPush: PUSH_MAX_RECORDS,
      maxIdLength: ID_MAX_LENGTH,
      maxUnknownKeysLength: EXTRA_MAX_LENGTH,
      maxUnknownKeysDepth: EXTRA_MAX_DEPTH,
      maxSamplesPerUpload: MAX_UPLOAD_SAMPLES,
      cursorsKeptPerDevice: CURSORS_KEPT,
      syncRequestsPerMinute: this.rates.perMinute('sync'),
      uploadsPerMinute: this.rates.perMinute('uploads'),
      readsPerMinute: this.rates.perMinute('reads'),
    };
  }
}
