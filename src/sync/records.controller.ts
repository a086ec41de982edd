import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { DevicesService } from './devices.service.js';
import { HistoryService } from './history.service.js';
import { clientIdOf, QuarantineService } from './quarantine.service.js';
import {
  DeviceDto,
  DevicePatch,
  DevicesAnswer,
  HistoryAnswer,
  RejectedAnswer,
  RejectedQuery,
  RestoreAnswer,
} from './sync.dto.js';

/** What an account's owner may look into and mend: history, refused records, devices. */
@ApiTags('sync')
@ApiBearerAuth()
@Controller('sync')
export class RecordsController {
  constructor(
    private readonly histories: HistoryService,
    private readonly quarantine: QuarantineService,
    private readonly devices: DevicesService,
  ) {}

  @Get('history/:collection/:id')
  @FreeTier()
  @ApiOperation({ summary: 'Every state of a record that lost or was replaced' })
  @ApiOkResponse({ type: HistoryAnswer })
  @ApiProblems('sync.collection_unknown', 'record.unknown')
  history(
    @CurrentUser() user: AuthUser,
    @Param('collection') collection: string,
    @Param('id') id: string,
  ): Promise<HistoryAnswer> {
    return this.histories.list(user.id, collection, id);
  }

  @Post('history/:collection/:id/:version/restore')
  @HttpCode(200)
  @ApiOperation({ summary: 'Make an old state the record again; it wins and reaches every device' })
  @ApiOkResponse({ type: RestoreAnswer })
  @ApiProblems(
    'sync.collection_unknown',
    'record.unknown',
    'history.version_unknown',
    'request.invalid',
    'sync.busy',
  )
  restore(
    @CurrentUser() user: AuthUser,
    @Param('collection') collection: string,
    @Param('id') id: string,
    @Param('version', ParseIntPipe) version: number,
  ): Promise<RestoreAnswer> {
    return this.histories.restore(user.id, collection, id, version);
  }

  @Get('rejected')
  @FreeTier()
  @ApiOperation({ summary: 'Records that could not be stored, newest first' })
  @ApiOkResponse({ type: RejectedAnswer })
  @ApiProblems('request.invalid')
  async rejected(@CurrentUser() user: AuthUser, @Query() query: RejectedQuery): Promise<RejectedAnswer> {
    const entries = await this.quarantine.list(user.id, query);
    return {
      rejected: entries.map((entry) => ({ ...entry, clientId: clientIdOf(entry.record), retryable: false })),
    };
  }

  @Get('devices')
  @FreeTier()
  @ApiOperation({ summary: 'The devices of the account, most recent first' })
  @ApiOkResponse({ type: DevicesAnswer })
  async list(@CurrentUser() user: AuthUser): Promise<DevicesAnswer> {
    return { devices: await this.devices.list(user.id) };
  }

  @Patch('devices/:deviceId')
  @FreeTier()
  @ApiOperation({ summary: 'Rename a device, or allow a revoked one again' })
  @ApiOkResponse({ type: DeviceDto })
  @ApiProblems('request.invalid', 'sync.device_unknown')
  change(
    @CurrentUser() user: AuthUser,
    @Param('deviceId') deviceId: string,
    @Body() patch: DevicePatch,
  ): Promise<DeviceDto> {
    return this.devices.change(user.id, deviceId, patch);
  }

  @Delete('devices/:deviceId')
  @FreeTier()
  @ApiOperation({ summary: 'Keep a device from syncing, from its next request on' })
  @ApiOkResponse({ type: DeviceDto })
  @ApiProblems('sync.device_unknown')
  revoke(@CurrentUser() user: AuthUser, @Param('deviceId') deviceId: string): Promise<DeviceDto> {
    return this.devices.revoke(user.id, deviceId);
  }
}
