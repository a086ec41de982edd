import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Database } from '../database/database.js';

/**
 * Deletes an account and every row of it. Invariant: a table belongs to users exactly if its entity has a `userId`, so a
 * new table is covered by being one. The sync clock is locked first, as every writer of synced data does: a push that
 * waited finds no clock afterwards, and nothing is left behind.
 */
@Injectable()
export class AccountDeletion {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
  ) {}

  /** @returns false, with nothing done, if the account is gone or has another password by now. */
  run({ id, passwordHash }: { id: string; passwordHash: string }): Promise<boolean> {
    return this.database.of(id).transaction({ mode: 'write' }, async (tx) => {
      await tx.query({ text: 'select 1 from sync_clock where user_id = $1 for update', values: [id] });
      const account = await tx.query({
        text: 'delete from users where id = $1 and password_hash = $2 returning id',
        values: [id, passwordHash],
      });
      if (account.length === 0) return false;
      for (const text of this.statements()) await tx.query({ text, values: [id] });
      return true;
    });
  }

  private statements(): string[] {
    return this.dataSource.entityMetadatas.flatMap((metadata) => {
      const owner = metadata.findColumnWithPropertyName('userId');
      if (!owner) return [];
      const { driver } = this.dataSource;
      return [
        `delete from ${driver.escape(metadata.tableName)} where ${driver.escape(owner.databaseName)} = $1`,
      ];
    });
  }
}
