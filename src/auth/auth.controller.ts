import { Body, Controller, Delete, Get, HttpCode, Ip, Patch, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { AuthMeters } from '../monitoring/auth-meters.js';
import {
  ChangePasswordDto,
  DeleteAccountDto,
  DeletedDto,
  LoggedOutDto,
  LoginDto,
  ProfileDto,
  RefreshDto,
  SignedInDto,
  SignupDto,
  UpdateProfileDto,
} from './auth.dto.js';
import { RateLimits } from '../limits/rate-limits.js';
import { AuthService } from './auth.service.js';
import type { AuthUser } from './auth-user.js';
import { CurrentUser, FreeTier, Public } from './decorators.js';
import { ProfilesService } from './profiles.service.js';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly profiles: ProfilesService,
    private readonly meters: AuthMeters,
    private readonly limits: RateLimits,
  ) {}

  @Public()
  @Post('signup')
  @ApiOperation({ summary: 'Create an account and sign in' })
  @ApiCreatedResponse({ type: SignedInDto })
  @ApiProblems('auth.email_taken', 'auth.password_common', 'rate.failures', 'rate.address')
  signup(@Body() body: SignupDto, @Ip() address: string): Promise<SignedInDto> {
    return this.counted('signup', address, () => this.auth.signUp(body, address));
  }

  @Public()
  @Post('login')
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in' })
  @ApiOkResponse({ type: SignedInDto })
  @ApiProblems(
    'auth.credentials_wrong',
    'auth.too_many_attempts',
    'auth.account_disabled',
    'auth.account_deleted',
    'rate.failures',
  )
  login(@Body() body: LoginDto, @Ip() address: string): Promise<SignedInDto> {
    return this.counted('login', address, () => this.auth.logIn(body, address));
  }

  @Public()
  @Post('undelete')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take the deletion of an account back, while there is time, and sign in' })
  @ApiOkResponse({ type: SignedInDto })
  @ApiProblems('auth.credentials_wrong', 'auth.too_many_attempts', 'auth.account_disabled', 'rate.failures')
  undelete(@Body() body: LoginDto, @Ip() address: string): Promise<SignedInDto> {
    return this.counted('login', address, () => this.auth.undelete(body, address));
  }

  @Public()
  @Post('refresh')
  @HttpCode(200)
  @ApiOperation({ summary: 'Exchange a refresh token for a new pair of tokens' })
  @ApiOkResponse({ type: SignedInDto })
  @ApiProblems('auth.refresh_token_invalid', 'auth.token_reused', 'auth.token_revoked', 'rate.failures')
  refresh(@Body() body: RefreshDto, @Ip() address: string): Promise<SignedInDto> {
    return this.counted('refresh', address, () => this.auth.refresh(body));
  }

  @FreeTier()
  @Post('logout')
  @HttpCode(200)
  @ApiOperation({ summary: 'End this sign-in: its access and refresh tokens are refused from now on' })
  @ApiOkResponse({ type: LoggedOutDto })
  async logout(@CurrentUser() user: AuthUser): Promise<LoggedOutDto> {
    await this.auth.logOut(user);
    return { loggedOut: true };
  }

  @FreeTier()
  @Post('password')
  @HttpCode(200)
  @ApiOperation({ summary: 'Change the password; every sign-in ends, the answer is a new one' })
  @ApiOkResponse({ type: SignedInDto })
  @ApiProblems('auth.credentials_wrong', 'auth.too_many_attempts', 'auth.password_common')
  changePassword(@CurrentUser() user: AuthUser, @Body() body: ChangePasswordDto): Promise<SignedInDto> {
    return this.auth.changePassword(user, body);
  }

  @FreeTier()
  @Get('me')
  @ApiOperation({ summary: 'The account of the caller' })
  @ApiOkResponse({ type: ProfileDto })
  profile(@CurrentUser() user: AuthUser): Promise<ProfileDto> {
    return this.profiles.get(user.id);
  }

  @FreeTier()
  @Patch('me')
  @ApiOperation({ summary: 'Change the display name or the e-mail address' })
  @ApiOkResponse({ type: ProfileDto })
  @ApiProblems('auth.credentials_wrong', 'auth.too_many_attempts', 'auth.email_taken')
  updateProfile(@CurrentUser() user: AuthUser, @Body() body: UpdateProfileDto): Promise<ProfileDto> {
    return this.profiles.update(user, body);
  }

  @FreeTier()
  @Delete('me')
  @ApiOperation({
    summary: 'Delete the account and everything in it: at once for everybody, for good after some days',
  })
  @ApiOkResponse({ type: DeletedDto })
  @ApiProblems('auth.credentials_wrong', 'auth.too_many_attempts')
  async deleteAccount(@CurrentUser() user: AuthUser, @Body() body: DeleteAccountDto): Promise<DeletedDto> {
    const { purgeAt } = await this.auth.deleteAccount(user, body.password);
    return purgeAt === null ? { deleted: true } : { deleted: true, purgeAt };
  }

  /** For the operator's figures, and against guessing. */
  private counted<T>(
    what: 'signup' | 'login' | 'refresh',
    address: string,
    work: () => Promise<T>,
  ): Promise<T> {
    const limit = what === 'refresh' ? 'token-failures' : 'sign-in-failures';
    return this.meters.attempt(what, () => this.limits.attempt(limit, address, work));
  }
}
