import { type SpaceId, spaceId } from "../../core/ids.ts";
import { frame } from "./encode.ts";
import { type Fields, optionalText, optionalWhole, optionalWord, optionalWords, text } from "./envelope.ts";
import { Fault, Gibberish } from "./fault.ts";
import type { Version } from "./objects.ts";
import { sdkFlaw, sdkInfo } from "./sdk.ts";
import type { App, SignalFishSettings } from "./settings.ts";

const FORMATS = ["json", "message_pack", "rkyv"] as const;
const TRANSPORTS = ["relay", "direct", "webrtc"] as const;
const TOPOLOGIES = ["relay", "host", "mesh"] as const;
const MAX_APP_ID_BYTES = 256;

/** What clients of apps without a limit of their own are told; only the minute is counted. */
const OPEN_RATES = { per_minute: 1_000, per_hour: 10_000, per_day: 100_000 };
const MAX_RATE = 0xffff_ffff;

/** How a link speaks from now on, and what it is told. */
export interface Handshake {
  readonly app: App | undefined;
  readonly space: SpaceId;
  readonly version: Version;
  readonly format: "json" | "message_pack";
  readonly mayOperate: boolean;
  readonly replies: readonly string[];
}

export interface HandshakeOptions {
  readonly settings: SignalFishSettings;
  /** What a client that names no version means; told by the path it came by. */
  readonly defaultVersion: Version;
  /** Counts a handshake of that app. `false`: there were too many. */
  admit(app: App): boolean;
}

/**
 * Reads an `Authenticate`, in the order of rules SF20 to SF27.
 *
 * @throws {Gibberish} for what is none, `Fault` for one that is not accepted.
 */
export function handshake(fields: Fields, { settings, defaultVersion, admit }: HandshakeOptions): Handshake {
  const appId = text(fields, "app_id");
  const sdkVersion = optionalText(fields, "sdk_version");
  const platform = optionalText(fields, "platform");
  const wanted = optionalWord(fields, "game_data_format", FORMATS) ?? "json";
  const offered = optionalWhole(fields, "protocol_version", 65_535) ?? defaultVersion;
  optionalWords(fields, "supported_transports", TRANSPORTS);
  optionalWords(fields, "supported_topologies", TOPOLOGIES);
  const requested = capabilities(fields);

  const app = appOf(appId, settings);
  if (app && !admit(app)) throw new Fault("RATE_LIMIT_EXCEEDED", "Too many handshakes of this app", "close");
  const flaw = sdkFlaw({ platform, version: sdkVersion }, settings.sdk);
  if (flaw !== undefined) throw new Fault("SDK_VERSION_UNSUPPORTED", flaw);
  const version = Math.min(offered, settings.maxVersion);
  if (version < settings.minVersion) {
    throw new Fault("UNSUPPORTED_PROTOCOL_VERSION", `Protocol version ${offered} is not supported`, "close");
  }

  const formats = settings.messagePack ? ["json", "message_pack"] : ["json"];
  const isServed = formats.includes(wanted);
  const mayOperate = version >= 3 && settings.roomOperations && requested.includes("room_operation_ids");
  const negotiated = version >= 3 ? 3 : 2;
  const info = {
    ...sdkInfo({ platform, version: sdkVersion }, { rules: settings.sdk, mayOperate }),
    game_data_formats: formats,
    player_name_rules: nameRules(settings),
    ...(negotiated === 3 && {
      protocol_version: negotiated,
      min_protocol_version: settings.minVersion,
      max_protocol_version: settings.maxVersion,
      transports: ["websocket"],
      max_outbound_message_size: settings.maxOutboundBytes,
    }),
  };
  return {
    app,
    space: app ? spaceId(`${settings.space}/${app.id}`) : settings.space,
    version: negotiated,
    format: isServed && wanted === "message_pack" ? "message_pack" : "json",
    mayOperate,
    replies: [
      ...(isServed ? [] : [unservedFormat(wanted)]),
      frame("Authenticated", { app_name: app?.name ?? "default", rate_limits: ratesOf(app) }),
      frame("ProtocolInfo", info),
    ],
  };
}

function unservedFormat(format: string): string {
  return frame("Error", {
    message: `Game data format ${format} is not available; using json`,
    error_code: "UNSUPPORTED_GAME_DATA_FORMAT",
  });
}

/** The app of that id; `undefined` where everybody may come in. @throws {Fault} `INVALID_APP_ID` */
function appOf(id: string, { appAccess, apps }: SignalFishSettings): App | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const isOdd = /[\u0000-\u001f\u007f-\u009f]/.test(id) || Buffer.byteLength(id) > MAX_APP_ID_BYTES;
  const app = apps.find((each) => each.id === id);
  if (isOdd || (appAccess === "listed" && !app)) throw new Fault("INVALID_APP_ID", "InvalidAppId", "close");
  return appAccess === "listed" ? app : undefined;
}

/** Tokens that the client asks for; unknown ones mean nothing. */
function capabilities(fields: Fields): readonly string[] {
  const value = fields.requested_capabilities ?? [];
  if (!Array.isArray(value) || value.some((each) => typeof each !== "string")) throw new Gibberish();
  return value;
}

function ratesOf(app: App | undefined) {
  if (!app) return OPEN_RATES;
  const perMinute = app.handshakesPerMinute ?? OPEN_RATES.per_minute;
  return {
    per_minute: perMinute,
    per_hour: Math.min(perMinute * 60, MAX_RATE),
    per_day: Math.min(perMinute * 1440, MAX_RATE),
  };
}

function nameRules({ names }: SignalFishSettings): object {
  return {
    max_length: names.maxLength,
    min_length: 1,
    allow_unicode_alphanumeric: names.allowUnicode,
    allow_spaces: names.allowSpaces,
    allow_leading_trailing_whitespace: names.allowOuterSpace,
    allowed_symbols: names.symbols,
    ...(names.moreCharacters !== undefined && { additional_allowed_characters: names.moreCharacters }),
  };
}
