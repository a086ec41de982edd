import { Injectable, type PipeTransform } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { AppError } from '../common/app-error.js';

/** The `id` of a path: what cannot be one is no account. */
@Injectable()
export class AccountIdPipe implements PipeTransform<string, string> {
  /** @throws AppError account.unknown */
  transform(id: string): string {
    if (!isUUID(id)) throw new AppError('account.unknown');
    return id.toLowerCase();
  }
}
