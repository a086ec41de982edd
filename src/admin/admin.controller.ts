import {
  applyDecorators,
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  Put,
  Req,
  UseGuards,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Public } from '../auth/decorators.js';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { AppError } from '../common/app-error.js';
import { AccountIdPipe } from './account-id.pipe.js';
import { AdminAccounts } from './admin-accounts.service.js';
import { AdminActions } from './admin-actions.service.js';
import {
  AdminAccountDto,
  AdoptDto,
  AdoptedDto,
  BillingEventsAnswer,
  ChangeSubscriptionDto,
  FindAccountDto,
} from './admin.dto.js';
import { AdminGuard } from './admin.guard.js';

const AdminApi = () =>
  applyDecorators(
    ApiTags('admin'),
    ApiHeader({
      name: 'X-Admin-Key',
      required: true,
      description: 'The key of support; or as `Authorization: Bearer`',
    }),
    ApiHeader({ name: 'X-Admin-Actor', required: false, description: 'Who does it; goes into the book' }),
    ApiProblems('route.not_found', 'admin.key_wrong', 'auth.too_many_attempts', 'account.unknown'),
  );

/** For support, behind a key of its own: no token of an account opens these, and the key opens nothing else. */
@Public()
@UseGuards(AdminGuard)
@AdminApi()
@Controller('admin/accounts')
export class AdminController {
  constructor(
    private readonly accounts: AdminAccounts,
    private readonly actions: AdminActions,
  ) {}

  /** With a body, since addresses of people do not belong into the logs of proxies. */
  @Post('find')
  @HttpCode(200)
  @ApiOperation({ summary: 'Find an account by its e-mail address' })
  @ApiOkResponse({ type: AdminAccountDto })
  async find(@Req() request: FastifyRequest, @Body() { email }: FindAccountDto): Promise<AdminAccountDto> {
    const accountId = await this.accounts.findId(email);
    await this.actions.note(request, { action: 'account.find', accountId });
    if (accountId === null) throw new AppError('account.unknown');
    return this.accounts.get(accountId);
  }

  @Get(':id')
  @ApiOperation({ summary: 'An account by its id, which is also its name at RevenueCat' })
  @ApiOkResponse({ type: AdminAccountDto })
  async get(
    @Req() request: FastifyRequest,
    @Param('id', AccountIdPipe) accountId: string,
  ): Promise<AdminAccountDto> {
    await this.actions.note(request, { action: 'account.show', accountId });
    return this.accounts.get(accountId);
  }

  @Get(':id/billing-events')
  @ApiOperation({ summary: 'What stores and operators have said about its subscriptions' })
  @ApiOkResponse({ type: BillingEventsAnswer })
  async events(
    @Req() request: FastifyRequest,
    @Param('id', AccountIdPipe) accountId: string,
  ): Promise<BillingEventsAnswer> {
    await this.actions.note(request, { action: 'billing.events', accountId });
    return { events: await this.accounts.events(accountId) };
  }

  @Put(':id/subscription')
  @ApiOperation({ summary: 'Grant premium or end it; takes effect with the next request' })
  @ApiOkResponse({ type: AdminAccountDto })
  @ApiProblems('sync.busy')
  async change(
    @Req() request: FastifyRequest,
    @Param('id', AccountIdPipe) accountId: string,
    @Body() body: ChangeSubscriptionDto,
  ): Promise<AdminAccountDto> {
    const { premium, reason } = body;
    const action = premium ? 'subscription.grant' : 'subscription.revoke';
    await this.actions.note(request, { action, accountId, reason });
    return this.accounts.change(accountId, body);
  }

  @Post(':id/subscription/derive')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Work the subscription out again from its events, after a change of settings',
  })
  @ApiOkResponse({ type: AdminAccountDto })
  @ApiProblems('sync.busy')
  async derive(
    @Req() request: FastifyRequest,
    @Param('id', AccountIdPipe) accountId: string,
  ): Promise<AdminAccountDto> {
    await this.actions.note(request, { action: 'subscription.derive', accountId });
    return this.accounts.settle(accountId);
  }

  @Post(':id/subscription/adopt')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take over what was bought under a name that is no account' })
  @ApiOkResponse({ type: AdoptedDto })
  @ApiProblems('sync.busy')
  async adopt(
    @Req() request: FastifyRequest,
    @Param('id', AccountIdPipe) accountId: string,
    @Body() { appUserId, reason }: AdoptDto,
  ): Promise<AdoptedDto> {
    await this.actions.note(request, { action: 'subscription.adopt', accountId, reason });
    const adopted = await this.accounts.adopt(accountId, appUserId, reason);
    return { adopted, account: await this.accounts.get(accountId) };
  }
}
