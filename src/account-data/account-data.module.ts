import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { AccountDataController } from './account-data.controller.js';
import { ExportService } from './export.service.js';
import { ImportService } from './import.service.js';

/** What an account's owner takes along, and brings back. */
@Module({
  imports: [MetricsModule],
  controllers: [AccountDataController],
  providers: [ExportService, ImportService],
})
export class AccountDataModule {}
