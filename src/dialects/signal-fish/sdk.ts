import type { SdkRules } from "./settings.ts";

/** What a client says about its software. */
export interface Sdk {
  readonly platform: string | undefined;
  readonly version: string | undefined;
}

const SEMVER = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Why a client's software is not taken, or `undefined` if it is. */
export function sdkFlaw({ platform, version }: Sdk, { enforce, minimum }: SdkRules): string | undefined {
  const isStrict = enforce && Object.keys(minimum).length > 0;
  if (platform === undefined) return isStrict ? "Platform is required" : undefined;
  const least = own(minimum, lower(platform));
  if (least === undefined) return isStrict ? `Platform ${platform} is not supported` : undefined;
  if (version === undefined) return `SDK version is required, at least ${least}`;
  if (!SEMVER.test(version)) return `SDK version ${version} is not a semantic version`;
  return compareVersions(version, least) < 0
    ? `SDK version ${version} is older than the minimum ${least}`
    : undefined;
}

/** The part of `ProtocolInfo` that is about the client's software, in the order of the wire. */
export function sdkInfo(
  { platform, version }: Sdk,
  { rules, mayOperate }: { readonly rules: SdkRules; readonly mayOperate: boolean },
): object {
  const key = platform === undefined ? undefined : lower(platform);
  const found = <Value>(table: Readonly<Record<string, Value>>) =>
    key === undefined ? undefined : own(table, key);
  const minimum = found(rules.minimum);
  const recommended = found(rules.recommended);
  const notes = found(rules.notes) ?? own(rules.notes, "_default");
  const capabilities = [...(own(rules.capabilities, "_default") ?? []), ...(found(rules.capabilities) ?? [])];
  return {
    ...(platform !== undefined && { platform }),
    ...(version !== undefined && { sdk_version: version }),
    ...(minimum !== undefined && { minimum_version: minimum }),
    ...(recommended !== undefined && { recommended_version: recommended }),
    capabilities: [...new Set([...capabilities, ...(mayOperate ? ["room_operation_ids"] : [])])],
    ...(notes !== undefined && { notes }),
  };
}

const lower = (platform: string): string => platform.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Negative, 0 or positive, as the first is older, equal or newer. What is no semantic version is older than all. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [SEMVER.exec(one), SEMVER.exec(other)];
  if (!a || !b) return (a ? 1 : 0) - (b ? 1 : 0);
  for (let i = 1; i <= 3; i++) {
    const difference = Number(a[i]) - Number(b[i]);
    if (difference !== 0) return difference;
  }
  return comparePreReleases(a[4], b[4]);
}

/** A release is newer than its pre-releases; parts of digits count as numbers, and below parts of letters. */
function comparePreReleases(one: string | undefined, other: string | undefined): number {
  if (one === undefined || other === undefined)
    return (one === undefined ? 1 : 0) - (other === undefined ? 1 : 0);
  const [a, b] = [one.split("."), other.split(".")];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const [isX, isY] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    const difference =
      isX && isY ? Number(x) - Number(y) : isX !== isY ? (isX ? -1 : 1) : x < y ? -1 : x > y ? 1 : 0;
    if (difference !== 0) return difference;
  }
  return 0;
}
