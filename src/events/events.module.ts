import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { Announcer } from './announcer.js';
import { ChangeFeed } from './change-feed.js';
import { EventStreams } from './event-streams.service.js';
import { EventsController } from './events.controller.js';

/** Tells devices that there is something to pull. */
@Module({
  imports: [AuthModule],
  controllers: [EventsController],
  providers: [Announcer, ChangeFeed, EventStreams],
})
export class EventsModule {}
