import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import {
  ApiBody,
  ApiConsumes,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '../common/api-docs.js';
import { AppError } from '../common/app-error.js';
import { ApiProblems } from '../common/api-problems.js';
import { ZIP_TYPE, ZipBody } from '../common/stream-body.js';
import { ExportService } from './export.service.js';
import { ImportQueryDto } from './import-query.dto.js';
import { ImportAnswerDto, ImportCountDto } from './import-report.js';
import { ImportService } from './import.service.js';

@ApiTags('account')
@Controller('account')
export class AccountDataController {
  constructor(
    private readonly exports: ExportService,
    private readonly imports: ImportService,
  ) {}

  @FreeTier()
  @Get('export')
  @ApiOperation({
    summary: 'Everything the account owns, as one ZIP',
    description:
      'Made while it is read. An answer that breaks off is a ZIP without a central directory, which no program takes ' +
      'for a whole one.',
  })
  @ApiOkResponse({
    description: 'docs/export-format.md says what is in it',
    content: { [ZIP_TYPE]: { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiProblems('export.running', 'server.unavailable')
  async export(
    @CurrentUser() user: AuthUser,
    @Req() { method }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable | undefined> {
    reply.type(ZIP_TYPE).header('cache-control', 'private, no-store');
    // Who asks only for the headers gets no export made.
    if (method === 'HEAD') return undefined;
    const { fileName, stream } = await this.exports.begin(user.id, goneOf(reply));
    reply.header('content-disposition', `attachment; filename="${fileName}"`);
    return stream;
  }

  @Post('import')
  @HttpCode(200)
  @ZipBody()
  @ApiOperation({
    summary: 'Take in an export, of this account or another',
    description:
      'Merges by the rules of a push: what is newer here stays, what is here already is not stored twice. A request works ' +
      'for a bounded time; while `done` is false send the same file again, with `next` as `after`.',
  })
  @ApiConsumes(ZIP_TYPE)
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiExtraModels(ImportCountDto)
  @ApiOkResponse({ type: ImportAnswerDto })
  @ApiProblems(
    'import.not_an_export',
    'import.newer_format',
    'import.damaged',
    'import.too_large',
    'import.running',
    'sync.device_revoked',
    'sync.busy',
  )
  async import(
    @CurrentUser() user: AuthUser,
    @Query() { after }: ImportQueryDto,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportAnswerDto> {
    if (!(body instanceof Readable)) throw new AppError('request.unsupported_media_type', { detail: NO_ZIP });
    try {
      // Where nobody is left to be told, what has been stored stays, and the rest comes with the next request.
      return await this.imports.run({ userId: user.id, after, signal: goneOf(reply) }, body);
    } finally {
      // The rest of what is refused would stand in the way of the connection's next request.
      if (!body.readableEnded) reply.header('connection', 'close');
    }
  }
}

const NO_ZIP = 'Send the ZIP as it is, with Content-Type application/zip.';

/** Aborted when the one who asked has hung up, before now or later; and when the whole answer is sent. */
function goneOf({ raw }: FastifyReply): AbortSignal {
  if (raw.destroyed) return AbortSignal.abort();
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  return gone.signal;
}
