import { plainToInstance, Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Max,
  Min,
  MinLength,
  ValidateIf,
  validateSync,
} from 'class-validator';

interface Variable {
  property: string;
  name: string;
  default: string | undefined;
  description: string;
}

const variables: Variable[] = [];

/** Names the variable behind a property, its default as it would stand in .env, and what it is for. */
function Variable(name: string, fallback: string | undefined, description: string): PropertyDecorator {
  return (_, property) => {
    variables.push({ property: String(property), name, default: fallback, description });
  };
}

/** Every variable with its default and meaning, for .env.example and docs/configuration.md. */
export const environmentVariables = (): readonly Variable[] => variables;

const asNumber = Transform(({ value }) => (value === '' ? undefined : Number(value)));
const asSwitch = Transform(({ value }) => (value === 'on' ? true : value === 'off' ? false : value));
const asList = Transform(({ value }) =>
  String(value)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** The whole configuration, typed. Made once at start by `readEnv`; everything else injects it. */
export class Env {
  @Variable('NODE_ENV', 'development', 'production switches off every default secret.')
  @IsIn(['development', 'production', 'test'])
  nodeEnv: 'development' | 'production' | 'test';

  @Variable('HOST', '127.0.0.1', 'Address to listen on; 0.0.0.0 for all, as in a container.')
  @IsString()
  host: string;

  @Variable('PORT', '3000', 'Port to listen on; 0 takes a free one.')
  @asNumber
  @IsInt()
  @Min(0)
  @Max(65_535)
  port: number;

  @Variable(
    'DATABASE_URL',
    '',
    'PostgreSQL 15 or newer. Empty: an embedded PostgreSQL in DATA_DIR is started.',
  )
  @IsString()
  databaseUrl: string;

  @Variable('DATABASE_POOL_SIZE', '10', 'Connections to PostgreSQL per server process.')
  @asNumber
  @IsInt()
  @Min(2)
  @Max(200)
  databasePoolSize: number;

  @Variable('DATA_DIR', './.data', 'Where the embedded PostgreSQL and the development secret live.')
  @MinLength(1)
  dataDir: string;

  @Variable(
    'JWT_SECRET',
    '',
    'Signs access tokens; at least 32 characters. Required in production; elsewhere one is made and kept in DATA_DIR.',
  )
  @ValidateIf((env: Env) => env.nodeEnv === 'production' || env.jwtSecret !== '')
  @MinLength(32, { message: 'JWT_SECRET must have at least 32 characters (try: openssl rand -base64 48)' })
  jwtSecret: string;

  @Variable('ACCESS_TOKEN_DAYS', '7', 'Life of an access token; first-generation phones know no refresh.')
  @asNumber
  @IsInt()
  @Min(1)
  @Max(90)
  accessTokenDays: number;

  @Variable('REFRESH_TOKEN_DAYS', '90', 'Life of an unused refresh token.')
  @asNumber
  @IsInt()
  @Min(1)
  @Max(3650)
  refreshTokenDays: number;

  @Variable('PREMIUM_GRACE_HOURS', '48', 'How long sync goes on after a subscription has expired.')
  @asNumber
  @IsInt()
  @Min(0)
  @Max(8760)
  premiumGraceHours: number;

  @Variable(
    'ACCOUNT_DATA_AT_ONCE',
    '2',
    'Exports, and imports, of accounts that one process works on at a time; who comes then is asked to come again.',
  )
  @asNumber
  @IsInt()
  @Min(1)
  @Max(100)
  accountDataAtOnce: number;

  @Variable('IMPORT_MAX_MIB', '1024', 'Largest export that may be imported; lies in TMPDIR while it is read.')
  @asNumber
  @IsInt()
  @Min(1)
  @Max(65_536)
  importMaxMib: number;

  @Variable('IMPORT_WORK_SECONDS', '40', 'How long one request works on an import before it says how to go on.')
  @asNumber
  @IsInt()
  @Min(0)
  @Max(55)
  importWorkSeconds: number;

  @Variable(
    'HISTORY_FULL_DAYS',
    '365',
    'How long every state of a record is kept; of older ones, one a month stays.',
  )
  @asNumber
  @IsInt()
  @Min(1)
  @Max(36_500)
  historyFullDays: number;

  @Variable('QUARANTINE_DAYS', '365', 'How long records are kept that could not be stored.')
  @asNumber
  @IsInt()
  @Min(1)
  @Max(36_500)
  quarantineDays: number;

  @Variable('RETENTION_SCHEDULE', 'on', 'on or off: once a day remove what is past its time.')
  @asSwitch
  @IsBoolean({ message: 'RETENTION_SCHEDULE must be on or off' })
  retentionSchedule: boolean;

  @Variable('RATE_LIMIT', 'on', 'on or off: limits on guessing passwords.')
  @asSwitch
  @IsBoolean({ message: 'RATE_LIMIT must be on or off' })
  rateLimit: boolean;

  @Variable('CORS_ORIGINS', '', 'Comma-separated origins of web portals that may call the API; empty: none.')
  @asList
  @IsString({ each: true })
  corsOrigins: string[];

  @Variable('TRUSTED_PROXIES', '', 'Comma-separated addresses or CIDR ranges whose X-Forwarded-For counts.')
  @asList
  @IsString({ each: true })
  trustedProxies: string[];

  @Variable('LOG_LEVEL', 'info', 'silent, fatal, error, warn, info, debug or trace.')
  @IsIn(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'])
  logLevel: string;
}

/** Thrown by `readEnv`; the message lists every fault at once. */
export class InvalidEnvironment extends Error {}

/**
 * Reads and checks the environment. Unset and empty variables take their default.
 * @throws InvalidEnvironment with all faults in one message.
 */
export function readEnv(source: NodeJS.ProcessEnv): Env {
  const given = Object.fromEntries(
    variables.map(({ property, name, default: fallback }) => [
      property,
      source[name] === undefined || source[name] === '' ? fallback : source[name],
    ]),
  );
  const env = plainToInstance(Env, given);
  const names = new Map(variables.map(({ property, name }) => [property, name]));
  const faults = validateSync(env).flatMap((fault) =>
    Object.values(fault.constraints ?? {}).map((text) =>
      text.replaceAll(fault.property, names.get(fault.property) ?? fault.property),
    ),
  );
  if (faults.length > 0)
    throw new InvalidEnvironment(
      `The environment is not valid:\n${faults.map((f) => `  - ${f}`).join('\n')}`,
    );
  return env;
}
