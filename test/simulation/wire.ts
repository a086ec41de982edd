/** A record as the wire has it; the simulation looks into it freely. */
export type Wire = Record<string, unknown> & { clientId: string; serverId?: string | null };

export type PushBody = {
  deviceId: string;
  lastSync?: number | null;
  epoch?: number | null;
  receipt?: number | null;
} & Record<string, unknown>;

export interface PushAnswer {
  syncTime: number;
  epoch: number;
  idMappings: Record<string, Record<string, string>>;
  rejected: { collection: string; clientId: unknown }[];
  superseded: { collection: string; record: Wire }[];
  receipt: number;
}

export type PullAnswer = { syncTime: number; hasMore: boolean; resync: boolean; epoch: number } & Record<
  string,
  unknown
>;
