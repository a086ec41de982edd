import { plainToInstance } from 'class-transformer';
import {
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsString,
  IsUrl,
  Max,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
  validateSync,
} from 'class-validator';
import {
  asList,
  asNumber,
  asSwitch,
  environmentVariables,
  isAddressOrRange,
  isDatabaseUrl,
  isSmtpUrl,
  Variable,
} from './variable.js';

export { environmentVariables };

const LeadsToDatabase = (): PropertyDecorator =>
  ValidateBy({
    name: 'isDatabaseUrl',
    validator: {
      validate: isDatabaseUrl,
      defaultMessage: () =>
        '$property must be like postgres://role:password@127.0.0.1:5432/database; percent-encode what is special in the password',
    },
  });

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
  @LeadsToDatabase()
  databaseUrl: string;

  @Variable(
    'DATABASE_OWNER_URL',
    '',
    'The same database as the role that owns the tables and migrates; DATABASE_URL is then that of a role without rights of its own, held by row-level security. Empty: one role is both, without that wall.',
  )
  @ValidateIf((env: Env) => env.databasePooler === 'transaction' || env.databaseOwnerUrl !== '')
  @LeadsToDatabase()
  @MinLength(1, {
    message:
      'DATABASE_OWNER_URL must be given with DATABASE_POOLER=transaction: migrations go past the pooler',
  })
  databaseOwnerUrl: string;

  @Variable('DATABASE_POOL_SIZE', '10', 'Connections to PostgreSQL per server process.')
  @asNumber
  @IsInt()
  @Min(2)
  @Max(200)
  databasePoolSize: number;

  @Variable(
    'DATABASE_POOLER',
    'none',
    'transaction where DATABASE_URL leads to a pooler in transaction mode, such as pgbouncer; none otherwise.',
  )
  @IsIn(['none', 'transaction'])
  databasePooler: 'none' | 'transaction';

  @Variable(
    'DATABASE_LISTEN_URL',
    '',
    'A direct way to the database past a pooler, by which a process hears of changes made by others. Empty: DATABASE_URL, or none behind a pooler.',
  )
  @LeadsToDatabase()
  databaseListenUrl: string;

  @Variable(
    'DATABASE_REPLICA_URL',
    '',
    'A streaming replica, as the role of DATABASE_URL, for what the portal reads. Empty: everything is read from DATABASE_URL.',
  )
  @LeadsToDatabase()
  databaseReplicaUrl: string;

  @Variable('EVENT_STREAMS_MAX', '5000', 'Streams of GET /api/sync/events that a process keeps open at once.')
  @asNumber
  @IsInt()
  @Min(0)
  @Max(100_000)
  eventStreamsMax: number;

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
    'Exports, and imports, of accounts that one process works on at a time; who comes then waits for ten seconds at most.',
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

  @Variable(
    'IMPORT_WORK_SECONDS',
    '40',
    'How long one request works on an import before it says how to go on.',
  )
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

  @Variable(
    'ACCOUNT_DELETION_DAYS',
    '14',
    'How long a deleted account can be brought back before it is deleted for good; 0: not at all.',
  )
  @asNumber
  @IsInt()
  @Min(0)
  @Max(365)
  accountDeletionDays: number;

  @Variable(
    'SMTP_URL',
    '',
    'Where e-mail goes: smtp://user:password@host:587 or smtps://…:465. Empty: development logs it, production has none.',
  )
  @ValidateIf((env: Env) => env.smtpUrl !== '')
  @ValidateBy({
    name: 'isSmtpUrl',
    validator: {
      validate: isSmtpUrl,
      defaultMessage: () => 'SMTP_URL must be like smtps://user:password@mail.example.org:465',
    },
  })
  smtpUrl: string;

  @Variable(
    'SMTP_TLS',
    'required',
    'required: a server without TLS or with a certificate nobody trusts gets nothing; off: plain text, for a relay on this machine.',
  )
  @IsIn(['required', 'off'])
  smtpTls: 'required' | 'off';

  @Variable('MAIL_FROM', '', 'Sender: Phoenix <portal@example.org>. Required with SMTP_URL.')
  @ValidateIf((env: Env) => env.smtpUrl !== '' || env.mailFrom !== '')
  @IsEmail({ allow_display_name: true }, { message: 'MAIL_FROM must be like Phoenix <portal@example.org>' })
  mailFrom: string;

  @Variable('PORTAL_URL', '', 'Web portal that links in e-mails lead to. Required with SMTP_URL.')
  @ValidateIf((env: Env) => env.smtpUrl !== '' || env.portalUrl !== '')
  @IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false },
    { message: 'PORTAL_URL must be like https://portal.example.org' },
  )
  portalUrl: string;

  @Variable(
    'REVENUECAT_WEBHOOK_AUTHORIZATION',
    '',
    'What RevenueCat sends as Authorization; at least 32 characters. Empty: there is no webhook.',
  )
  @ValidateIf((env: Env) => env.revenuecatWebhookAuthorization !== '')
  @MinLength(32, {
    message:
      'REVENUECAT_WEBHOOK_AUTHORIZATION must have at least 32 characters (try: openssl rand -base64 48)',
  })
  revenuecatWebhookAuthorization: string;

  @Variable(
    'REVENUECAT_SIGNING_SECRET',
    '',
    'Secret of the webhook’s signatures. Empty: they are not looked at.',
  )
  @IsString()
  revenuecatSigningSecret: string;

  @Variable(
    'REVENUECAT_ENTITLEMENTS',
    'premium',
    'Comma-separated entitlements that make an account premium.',
  )
  @asList
  @IsString({ each: true })
  revenuecatEntitlements: string[];

  @Variable(
    'ADMIN_API_KEY',
    '',
    'Key of the routes for support; at least 32 characters. Empty: there are no such routes.',
  )
  @ValidateIf((env: Env) => env.adminApiKey !== '')
  @MinLength(32, {
    message: 'ADMIN_API_KEY must have at least 32 characters (try: openssl rand -base64 48)',
  })
  adminApiKey: string;

  @Variable('RATE_LIMIT', 'on', 'on or off: all limits on how often, guessing passwords included.')
  @asSwitch
  @IsBoolean({ message: 'RATE_LIMIT must be on or off' })
  rateLimit: boolean;

  @Variable('RATE_LIMIT_SYNC_PER_MINUTE', '3000', 'Pushes, pulls and the like of one account.')
  @asNumber
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  rateLimitSyncPerMinute: number;

  @Variable('RATE_LIMIT_UPLOADS_PER_MINUTE', '1200', 'Uploads of sensor samples of one account.')
  @asNumber
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  rateLimitUploadsPerMinute: number;

  @Variable('RATE_LIMIT_READS_PER_MINUTE', '1200', 'What a portal asks for one account.')
  @asNumber
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  rateLimitReadsPerMinute: number;

  @Variable(
    'RATE_LIMIT_ADDRESS_PER_MINUTE',
    '60000',
    'All requests from one address (IPv6: one /64); a gym full of phones is behind one.',
  )
  @asNumber
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  rateLimitAddressPerMinute: number;

  @Variable(
    'RATE_LIMIT_FAILURES',
    '100',
    'Failed sign-ins and sign-ups, and forgotten passwords, of one address in a quarter of an hour; sign-ins that succeed do not count.',
  )
  @asNumber
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  rateLimitFailures: number;

  @Variable('RATE_LIMIT_SIGN_UPS_PER_HOUR', '300', 'New accounts from one address.')
  @asNumber
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  rateLimitSignUpsPerHour: number;

  @Variable('CORS_ORIGINS', '', 'Comma-separated origins of web portals that may call the API; empty: none.')
  @asList
  @IsString({ each: true })
  corsOrigins: string[];

  @Variable('TRUSTED_PROXIES', '', 'Comma-separated addresses or CIDR ranges whose X-Forwarded-For counts.')
  @asList
  @ValidateBy({
    name: 'addresses',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && value.every(isAddressOrRange),
      defaultMessage: () => '$property must be addresses or CIDR ranges, as 10.0.0.1 or 10.0.0.0/8',
    },
  })
  trustedProxies: string[];

  @Variable('MAX_CONNECTIONS', '10000', 'Connections that may be open to a server process at once.')
  @asNumber
  @IsInt()
  @Min(10)
  @Max(1_000_000)
  maxConnections: number;

  @Variable(
    'MAX_CONNECTIONS_PER_ADDRESS',
    '1000',
    'The same from one address (IPv6: one /64). Not counted where TRUSTED_PROXIES are named: those count.',
  )
  @asNumber
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  maxConnectionsPerAddress: number;

  @Variable(
    'METRICS_TOKEN',
    '',
    'Bearer token for GET /metrics, at least 16 characters. Empty: open outside production, not there in production.',
  )
  @ValidateIf((env: Env) => env.metricsToken !== '')
  @MinLength(16, { message: 'METRICS_TOKEN must have at least 16 characters (try: openssl rand -hex 24)' })
  metricsToken: string;

  @Variable('LOG_LEVEL', 'info', 'silent, fatal, error, warn, info, debug or trace.')
  @IsIn(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'])
  logLevel: string;

  @Variable(
    'LOG_CONTEXT',
    'auto',
    'on, off or auto: request and account in what services log. auto: with Node 24 and newer, where it costs nothing.',
  )
  @IsIn(['on', 'off', 'auto'])
  logContext: 'on' | 'off' | 'auto';
}

/** Thrown by `readEnv`; the message lists every fault at once. */
export class InvalidEnvironment extends Error {}

/**
 * Reads and checks the environment. Unset and empty variables take their default.
 * @throws InvalidEnvironment with all faults in one message.
 */
export function readEnv(source: NodeJS.ProcessEnv): Env {
  const given = Object.fromEntries(
    environmentVariables().map(({ property, name, default: fallback }) => [
      property,
      source[name] === undefined || source[name] === '' ? fallback : source[name],
    ]),
  );
  const env = plainToInstance(Env, given);
  const names = new Map(environmentVariables().map(({ property, name }) => [property, name]));
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
