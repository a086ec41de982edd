import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { AdminAction } from './admin-action.entity.js';
import { AdminAccounts } from './admin-accounts.service.js';
import { AdminActions } from './admin-actions.service.js';
import { AdminController } from './admin.controller.js';

/** What support may do over HTTP. */
@Module({
  imports: [AuthModule, TypeOrmModule.forFeature([AdminAction])],
  controllers: [AdminController],
  providers: [AdminAccounts, AdminActions],
})
export class AdminModule {}
