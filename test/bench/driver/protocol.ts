/** The kinds of requests the driver can make; traffics.ts makes them. */
export type TrafficName =
  | 'idlePull'
  | 'smallPull'
  | 'firstPull'
  | 'push'
  | 'bulkPush'
  | 'repeatedPush'
  | 'phonePush'
  | 'metricsUpload'
  | 'metricsDownload'
  | 'metricsParquet'
  | 'metricsPlot'
  | 'live';

/** A signed-in user with premium; `deviceId` is as wide as a UUID, as templates want it. */
export interface Account {
  userId: string;
  deviceId: string;
  token: string;
}

/** Who is asked, for what, as whom. */
export interface Setting {
  traffic: TrafficName;
  url: string;
  accounts: readonly Account[];
  /** Numbers a traffic may be tuned with, such as records in a push. */
  size: number;
  /** Another traffic has prepared these accounts in the same database. */
  isPrepared?: boolean;
}

/** How a run goes on: until the time is over, or until the traffic has nothing left to ask. */
export interface Pace {
  connections: number;
  seconds: number;
  /**
   * Requests a second, sent whether or not earlier ones have been answered; latencies then count from the moment a request
   * was due. Without it every connection sends its next request when it has the answer to the last.
   */
  rate?: number;
}

export type Order =
  | { kind: 'load'; key: string; setting: Setting }
  | { kind: 'renew'; key: string }
  | { kind: 'run'; key: string; pace: Pace };

export interface Outcome {
  requests: number;
  seconds: number;
  /** Milliseconds. */
  latency: { p50: number; p90: number; p99: number; max: number };
  /** Answers that were not what they had to be; the first one is told. */
  bad: number;
  fault: string | null;
}

export type Reply = { outcome?: Outcome; error?: string };
