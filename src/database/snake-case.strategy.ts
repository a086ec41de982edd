import { DefaultNamingStrategy } from 'typeorm';
import { snakeCase } from '../common/snake-case.js';

/** camelCase in TypeScript and on the wire, snake_case in the database. */
export class SnakeCaseStrategy extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? snakeCase(propertyName);
  }
}
