import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { Body, Controller, Get, Headers, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiHeader,
  ApiNotModifiedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { ID_MAX_LENGTH } from '../common/fields.js';
import { readJsonObject } from '../common/json-object.js';
import { LateBody } from '../common/late-body.js';
import { downsample } from './downsample.js';
import { MAX_UPLOAD_BYTES } from './limits.js';
import {
  MetricColumnsDto,
  MetricColumnsUploadDto,
  MetricRowsUploadDto,
  MetricSamplesDto,
  MetricsUploadedDto,
} from './metric-sample.dto.js';
import { MetricsQueryDto } from './metrics-query.dto.js';
import { MetricsService } from './metrics.service.js';
import { pack } from './parquet.js';
import { readUpload } from './read-upload.js';
import { isNamedBy, seriesTag } from './series-tag.js';
import { columnsText, rowsText } from './samples-text.js';
import { SessionIdPipe } from './session-id.pipe.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const PARQUET_TYPE = 'application/vnd.apache.parquet';

const ETAG = {
  ETag: {
    description: 'Changes whenever the stored series does; each form of the answer has its own',
    schema: { type: 'string' },
  },
} as const;

const SessionId = () =>
  ApiParam({
    name: 'id',
    description: 'The session’s id on the server or on a phone, compared without letter case',
    schema: { type: 'string', minLength: 1, maxLength: ID_MAX_LENGTH },
  });

@ApiTags('metrics')
@Controller('sessions')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @Post(':id/metrics')
  @LateBody(MAX_UPLOAD_BYTES)
  @ApiOperation({
    summary: 'Add sensor samples to a session',
    description:
      'Samples merge by time: repeated, overlapping and out-of-order uploads are fine, and of two samples with the ' +
      'same time the one sent last stays. The session itself may come later.',
  })
  @SessionId()
  @ApiExtraModels(MetricRowsUploadDto, MetricColumnsUploadDto)
  @ApiBody({
    schema: {
      oneOf: [{ $ref: getSchemaPath(MetricRowsUploadDto) }, { $ref: getSchemaPath(MetricColumnsUploadDto) }],
    },
  })
  @ApiCreatedResponse({ type: MetricsUploadedDto })
  @ApiProblems('metrics.invalid_samples', 'sync.device_revoked', 'sync.busy')
  async upload(
    @CurrentUser() user: AuthUser,
    @Param('id', SessionIdPipe) id: string,
    @Body() body: unknown,
  ): Promise<MetricsUploadedDto> {
    const upload = await readUpload(readJsonObject(body as Buffer | undefined));
    return this.metrics.upload({ userId: user.id, id, deviceId: upload.deviceId }, upload);
  }

  @FreeTier()
  @Get(':id/metrics')
  @ApiOperation({ summary: 'The sensor samples of a session: all, a range of time, or enough for a plot' })
  @SessionId()
  @ApiExtraModels(MetricSamplesDto, MetricColumnsDto)
  @ApiOkResponse({
    description: 'JSON, or Parquet where `Accept` asks for it',
    headers: ETAG,
    content: {
      'application/json': {
        schema: {
          oneOf: [{ $ref: getSchemaPath(MetricSamplesDto) }, { $ref: getSchemaPath(MetricColumnsDto) }],
        },
      },
      [PARQUET_TYPE]: { schema: { type: 'string', format: 'binary' } },
    },
  })
  @ApiNotModifiedResponse({
    description: 'The series is still what the ETag in `If-None-Match` stands for',
    headers: ETAG,
  })
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'The `ETag` of an earlier answer to the same request: while it is good the answer is 304',
  })
  @ApiProblems('request.invalid', 'record.unknown')
  async find(
    @CurrentUser() user: AuthUser,
    @Param('id', SessionIdPipe) id: string,
    @Query() query: MetricsQueryDto,
    @Headers() { accept, 'accept-encoding': encoding, 'if-none-match': held }: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable | Buffer | undefined> {
    const { from, to, points, format = 'rows', deviceId } = query;
    const name = { userId: user.id, id, deviceId };
    const wantsParquet = accept?.includes(PARQUET_TYPE) ?? false;
    const variant = [wantsParquet ? 'parquet' : format, id, from, to, points, encoding];
    reply.header('vary', 'accept').header('cache-control', 'private, no-cache');
    if (held !== undefined) {
      const tag = seriesTag(await this.metrics.chunkList(name, { from, to }), variant);
      if (isNamedBy(tag, held)) return void reply.header('etag', tag).status(304);
    }
    const chunks = await this.metrics.chunks(name, { from, to });
    reply.header('etag', seriesTag(chunks, variant)).type(wantsParquet ? PARQUET_TYPE : JSON_TYPE);
    const [only] = chunks;
    // Served as it lies there: a small part of the work of JSON.
    if (wantsParquet && chunks.length === 1 && points === undefined && isWithin(only, { from, to }))
      return only.bytes;
    const all = await this.metrics.samples(chunks, { from, to });
    const samples = points === undefined ? all : downsample(all, points);
    if (wantsParquet) return pack(samples);
    return Readable.from(format === 'columns' ? columnsText(id, samples) : rowsText(id, samples));
  }
}

const isWithin = (
  { firstAt, lastAt }: { firstAt: number; lastAt: number },
  { from = -Infinity, to = Infinity }: { from?: number; to?: number },
) => from <= firstAt && lastAt < to;
