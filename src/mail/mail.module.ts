import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClockModule } from '../common/clock.js';
import { MailCount } from './mail-count.entity.js';
import { MailLimits } from './mail-limits.service.js';
import { OutgoingMail } from './outgoing-mail.entity.js';
import { Outbox } from './outbox.service.js';
import { Postman } from './postman.service.js';

@Module({
  imports: [ClockModule, TypeOrmModule.forFeature([OutgoingMail, MailCount])],
  providers: [MailLimits, Outbox, Postman],
  exports: [MailLimits, Outbox, Postman],
})
export class MailModule {}
