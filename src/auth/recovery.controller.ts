import { Body, Controller, HttpCode, Ip, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { RateLimits } from '../limits/rate-limits.js';
import type { AuthUser } from './auth-user.js';
import { CurrentUser, FreeTier, Public } from './decorators.js';
import { EmailConfirmation } from './email-confirmation.service.js';
import { PasswordReset } from './password-reset.service.js';
import {
  AcceptedDto,
  ConfirmationDto,
  ConfirmEmailDto,
  EmailConfirmedDto,
  ForgotPasswordDto,
  PasswordResetDto,
  ResetPasswordDto,
} from './recovery.dto.js';
import { ResetRequests } from './reset-requests.service.js';

/** What an account's e-mail address is for. */
@ApiTags('auth')
@Controller('auth')
export class RecoveryController {
  constructor(
    private readonly confirmation: EmailConfirmation,
    private readonly requests: ResetRequests,
    private readonly reset: PasswordReset,
    private readonly limits: RateLimits,
  ) {}

  @FreeTier()
  @Post('email/confirmation')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send the e-mail again with which the owner confirms the address' })
  @ApiAcceptedResponse({ type: ConfirmationDto })
  @ApiProblems('mail.too_many', 'mail.not_configured')
  async askForConfirmation(@CurrentUser() user: AuthUser): Promise<ConfirmationDto> {
    return { emailConfirmed: await this.confirmation.ask(user) };
  }

  @Public()
  @Post('email/confirm')
  @HttpCode(200)
  @ApiOperation({ summary: 'Confirm an e-mail address with the link that was sent to it' })
  @ApiOkResponse({ type: EmailConfirmedDto })
  @ApiProblems('auth.link_invalid', 'rate.failures')
  async confirmEmail(@Body() body: ConfirmEmailDto, @Ip() address: string): Promise<EmailConfirmedDto> {
    await this.limits.attempt('token-failures', address, () => this.confirmation.confirm(body.token));
    return { emailConfirmed: true };
  }

  @Public()
  @Post('password/forgot')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send an e-mail with which the owner of this address chooses a new password' })
  @ApiAcceptedResponse({ type: AcceptedDto })
  @ApiProblems('mail.not_configured', 'rate.address', 'rate.failures')
  async forgotPassword(@Body() body: ForgotPasswordDto, @Ip() address: string): Promise<AcceptedDto> {
    await this.limits.countReset(address);
    await this.requests.add(body.email);
    return { accepted: true };
  }

  @Public()
  @Post('password/reset')
  @HttpCode(200)
  @ApiOperation({ summary: 'Choose a new password with the link that was sent; every sign-in ends' })
  @ApiOkResponse({ type: PasswordResetDto })
  @ApiProblems('auth.link_invalid', 'auth.password_common', 'rate.failures')
  async resetPassword(@Body() body: ResetPasswordDto, @Ip() address: string): Promise<PasswordResetDto> {
    await this.limits.attempt('token-failures', address, () => this.reset.run(body));
    return { passwordChanged: true };
  }
}
