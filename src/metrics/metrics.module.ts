import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BlobStore } from './blob-store.js';
import { MetricChunk } from './metric-chunk.entity.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { PostgresBlobStore } from './postgres-blob-store.js';

@Module({
  imports: [TypeOrmModule.forFeature([MetricChunk])],
  controllers: [MetricsController],
  providers: [MetricsService, { provide: BlobStore, useClass: PostgresBlobStore }],
  exports: [MetricsService],
})
export class MetricsModule {}
