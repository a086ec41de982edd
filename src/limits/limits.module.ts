import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClockModule } from '../common/clock.js';
import { AddressGate } from './address-gate.js';
import { RateLimits } from './rate-limits.js';
import { RateWindow } from './rate-window.entity.js';
import { SharedCounts } from './shared-counts.js';

@Module({
  imports: [ClockModule, TypeOrmModule.forFeature([RateWindow])],
  providers: [AddressGate, RateLimits, SharedCounts],
  exports: [AddressGate, RateLimits],
})
export class LimitsModule {}
