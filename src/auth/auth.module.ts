import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClockModule } from '../common/clock.js';
import { Env } from '../config/env.js';
import { AccountLimitGuard } from '../limits/account-limit.guard.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailModule } from '../mail/mail.module.js';
import { ALGORITHM, AUDIENCE, ISSUER, signingKey } from './access-token.js';
import { AccountDeletion } from './account-deletion.service.js';
import { AccountLetters } from './account-letters.service.js';
import { AccountMails } from './account-mails.service.js';
import { AccountsService } from './accounts.service.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { AuthSession } from './auth-session.entity.js';
import { CommonPasswords } from './common-passwords.js';
import { CredentialsService } from './credentials.service.js';
import { EmailConfirmation } from './email-confirmation.service.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { JwtStrategy } from './jwt.strategy.js';
import { LinkToken } from './link-token.entity.js';
import { LinkTokens } from './link-tokens.service.js';
import { LoginAttempt } from './login-attempt.entity.js';
import { LoginAttempts } from './login-attempts.service.js';
import { PasswordReset } from './password-reset.service.js';
import { Passwords } from './passwords.js';
import { PremiumGuard } from './premium.guard.js';
import { ProfilesService } from './profiles.service.js';
import { PurgeJob } from './purge.job.js';
import { RecoveryController } from './recovery.controller.js';
import { RefreshToken } from './refresh-token.entity.js';
import { ResetRequest } from './reset-request.entity.js';
import { ResetRequests } from './reset-requests.service.js';
import { BillingEvent } from './subscription/billing-event.entity.js';
import { SubscriptionService } from './subscription.service.js';
import { TokenSignatures } from './token-signatures.js';
import { TokensService } from './tokens.service.js';
import { User } from './user.entity.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [
    ClockModule,
    LimitsModule,
    MailModule,
    TypeOrmModule.forFeature([
      User,
      AuthSession,
      RefreshToken,
      LoginAttempt,
      LinkToken,
      ResetRequest,
      BillingEvent,
    ]),
    JwtModule.registerAsync({
      inject: [Env],
      useFactory: (env: Env) => ({
        secret: signingKey(env),
        signOptions: { algorithm: ALGORITHM, issuer: ISSUER, audience: AUDIENCE },
      }),
    }),
  ],
  controllers: [AuthController, RecoveryController],
  providers: [
    AuthService,
    AccountDeletion,
    AccountLetters,
    AccountMails,
    AccountsService,
    CommonPasswords,
    CredentialsService,
    EmailConfirmation,
    LinkTokens,
    LoginAttempts,
    PasswordReset,
    Passwords,
    ProfilesService,
    PurgeJob,
    ResetRequests,
    SubscriptionService,
    TokensService,
    UsersService,
    TokenSignatures,
    JwtStrategy,
    // In this order: who is calling, how often, then what they may do.
    { provide: APP_GUARD, useClass: JwtAuthGuard },
    { provide: APP_GUARD, useClass: AccountLimitGuard },
    { provide: APP_GUARD, useClass: PremiumGuard },
  ],
  exports: [AccountsService, JwtStrategy, LoginAttempts, SubscriptionService, TokenSignatures],
})
export class AuthModule {}
