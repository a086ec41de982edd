import path from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from './src/database/data-source.js';

const url = process.env.DATABASE_URL;
if (url === undefined)
  throw new Error('Use npm run migration:…, which sets DATABASE_URL for the command line of TypeORM');

/** For TypeORM's command line only; scripts/typeorm.mjs compiles it beside dist/. */
export default new DataSource({
  ...dataSourceOptions({ databasePoolSize: 2 }, url),
  entities: [path.resolve('dist/**/*.entity.js')],
});
