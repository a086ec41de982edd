import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { isCleanText } from '../common/compile-validator.js';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import { ACTOR_MAX_LENGTH } from './admin-action.entity.js';

export const ACTOR_HEADER = 'x-admin-actor';

export interface Done {
  action: string;
  /** null where no account was found. */
  accountId: string | null;
  reason?: string;
}

const INSERT = `
  insert into admin_actions (id, at, request_id, address, actor, action, account_id, reason)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;

/** The book of what was done with the key of support. */
@Injectable()
export class AdminActions {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** Written before it is done: an action that fails afterwards was tried, and none is missing from the book. */
  async note(request: FastifyRequest, { action, accountId, reason }: Done): Promise<void> {
    const { id: requestId, ip } = request;
    const actor = actorOf(request);
    request.log.info({ action, accountId, actor }, 'admin action');
    const values = [uuidv7(), this.clock.now(), requestId, ip, actor, action, accountId, reason ?? null];
    await this.database.query({ text: INSERT, values });
  }
}

function actorOf({ headers }: FastifyRequest): string | null {
  const name = headers[ACTOR_HEADER];
  if (typeof name !== 'string' || name === '' || !isCleanText(name)) return null;
  return name.slice(0, ACTOR_MAX_LENGTH);
}
