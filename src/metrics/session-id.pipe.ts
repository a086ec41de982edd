import { Injectable, type PipeTransform } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { ID_RULE, isId } from './read-upload.js';

/** The `id` of a path, as it was sent. */
@Injectable()
export class SessionIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (isId(id)) return id;
    throw new AppError('request.invalid', {
      errors: [{ path: 'id', code: 'isId', message: `id ${ID_RULE}` }],
    });
  }
}
