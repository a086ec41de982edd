import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RetentionService } from './retention.service.js';
import { ServerJob } from './server-job.entity.js';

/** What is past its time goes: on demand. `RetentionScheduleModule` demands it once a day. */
@Module({
  imports: [TypeOrmModule.forFeature([ServerJob])],
  providers: [RetentionService],
  exports: [RetentionService],
})
export class RetentionModule {}
