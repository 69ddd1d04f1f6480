import type { NestedKey } from "./field.ts";
import { aliasOf, SETTINGS, type Setting } from "./setting.ts";

/** A key of Signal Fish's configuration, and the settings it stands for. */
export interface FishKey {
  readonly setting: Setting;
  readonly nested: NestedKey;
}

/** Every key of Signal Fish's that means something here; of two for one setting the first wins. */
export const FISH_KEYS: readonly FishKey[] = SETTINGS.flatMap((setting) =>
  (setting.field.env ?? []).flatMap((alias) => {
    const { nested } = aliasOf(alias);
    return nested ? [{ setting, nested }] : [];
  }),
);

/** Keys that mean nothing here, or all that begin so (those that end in a dot or a low line), and why. */
export const FISH_WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map([
  ["environment", "`mode` says it"],
  ["server.room_cleanup_interval", "rooms end when they are due"],
  ["server.heartbeat_throttle_secs", "nothing is stored for a heartbeat"],
  ["server.heartbeat_db_throttle_secs", "nothing is stored for a heartbeat"],
  ["server.region_id", "there is one region"],
  ["rate_limit.max_signals", "signals are not passed on"],
  ["rate_limit.max_relay_bytes", "messages are counted, not bytes"],
  ["protocol.sdk_compatibility.capabilities", "the server tells what it can do"],
  ["protocol.sdk_compatibility.notes", "the server has none to tell"],
  ["logging.dir", "the log goes to the standard output"],
  ["logging.filename", "the log goes to the standard output"],
  ["logging.rotation", "the log goes to the standard output"],
  ["logging.enable_file_logging", "the log goes to the standard output"],
  ["auth.rate_limit_cache_", "rates are counted in memory, and forgotten when they are over"],
  ["coordination.", "one process decides"],
  ["metrics.dashboard_cache_", "metrics are read when somebody asks"],
  ["websocket.enable_batching", "all messages of one moment are written at once"],
  ["websocket.batch_size", "all messages of one moment are written at once"],
  ["websocket.batch_interval_ms", "all messages of one moment are written at once"],
  ["websocket.control_queue_capacity", "there is one queue, with lanes"],
  ["websocket.socket_send_buffer_bytes", "the system chooses"],
  ["websocket.delivery_stats_interval_secs", "links are told what they miss, and no statistics"],
  ["session.", "this server relays everything"],
  ["turn.", "this server relays everything"],
]);

/** Whether a key means nothing here. A section may stand there as a whole where its keys are not asked for. */
export function isWithoutEffect(key: string): boolean {
  for (const known of FISH_WITHOUT_EFFECT.keys()) {
    if (key === known || (/[._]$/.test(known) && `${key}.`.startsWith(known))) return true;
  }
  return false;
}
