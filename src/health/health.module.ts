import { Module } from '@nestjs/common';
import { HttpModule } from '../http/http.module.js';
import { HealthController } from './health.controller.js';
import { DatabaseFacts } from './database-facts.js';
import { ReadinessService } from './readiness.service.js';
import { ScrapeController } from './scrape.controller.js';

@Module({
  imports: [HttpModule],
  controllers: [HealthController, ScrapeController],
  providers: [DatabaseFacts, ReadinessService],
})
export class HealthModule {}
