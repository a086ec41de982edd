import { parseArgs } from 'node:util';
import type { INestApplicationContext } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Command } from './command.js';

const HELP = `Usage:
  restored

Say this once after the database was restored from a backup, before phones sync again. What they synced since the
backup is on them only; told of a new epoch, they push everything again.`;

export const NEW_EPOCH = `
  update server_state set epoch = greatest(epoch + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)
  returning epoch`;

/** `restored`: a new epoch, see sync-protocol.md §5. */
export const restored = {
  name: 'restored',
  summary: 'declare that the database was restored from a backup',
  help: HELP,
  read(args: string[]) {
    parseArgs({ args, options: {} });
    return async (app: INestApplicationContext) => {
      const [state] = await app.get(Database).query<{ epoch: string }>({ text: NEW_EPOCH });
      if (state === undefined) throw new Error('server_state has no row');
      return `The new epoch is ${state.epoch}: every phone will push everything again.`;
    };
  },
} satisfies Command;
