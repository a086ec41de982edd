import type { Readable } from 'node:stream';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import { ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { ZIP_TYPE } from '../common/stream-body.js';
import { ExportService } from './export.service.js';

@ApiTags('account')
@Controller('account')
export class AccountDataController {
  constructor(private readonly exports: ExportService) {}

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
    const { fileName, stream } = await this.exports.begin(user.id);
    reply.header('content-disposition', `attachment; filename="${fileName}"`);
    return stream;
  }
}
