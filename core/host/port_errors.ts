/** Turns what Deno throws into `PortError`s, and asks for permissions without ever prompting. */
import { PortError, type PortErrorCode } from "../ports.ts";

/** Error numbers that mean the same whatever was attempted. */
const CODES: Readonly<Record<string, PortErrorCode>> = {
  EADDRINUSE: "address-in-use",
  EADDRNOTAVAIL: "address-not-available",
  EAFNOSUPPORT: "address-not-available",
  ECONNREFUSED: "refused",
  ETIMEDOUT: "timeout",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  ENOENT: "not-found",
  ENOTDIR: "not-found",
  EEXIST: "exists",
  ENOSPC: "full",
  EDQUOT: "full",
};

/** What a person is told for a code; the system's own words follow for the others. */
const WORDS: Readonly<Partial<Record<PortErrorCode, string>>> = {
  "address-in-use": "the address is in use by another socket",
  "address-not-available": "this machine has no such address",
  refused: "nobody listens there",
  timeout: "no answer in time",
  denied: "the system or a missing --allow flag denies it",
  "not-found": "there is no such file or folder",
  exists: "it exists already",
  full: "the disk is full",
};

/** The system's error number of an exception, such as `ENOSPC`. */
export function errorNumberOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function codeOf(error: unknown): PortErrorCode {
  const code = CODES[errorNumberOf(error) ?? ""];
  if (code !== undefined) return code;
  if (error instanceof Deno.errors.NotCapable) return "denied";
  if (error instanceof Deno.errors.PermissionDenied) return "denied";
  if (error instanceof Deno.errors.BadResource) return "closed";
  if (error instanceof Deno.errors.Interrupted) return "closed";
  if (error instanceof Deno.errors.NotFound) return "not-found";
  if (error instanceof Error && error.message.startsWith("failed to lookup address")) {
    return "address-not-available";
  }
  return "io";
}

/** Wraps an exception: `Cannot <action>: <what is the case>`, the cause kept. */
export function portError(action: string, error: unknown): PortError {
  if (error instanceof PortError) return error;
  const code = codeOf(error);
  const system = error instanceof Error ? error.message : String(error);
  const words = system.startsWith("failed to lookup address")
    ? "the name has no address"
    : WORDS[code] ?? system;
  return new PortError(code, `Cannot ${action}: ${words}`, { cause: error });
}

/**
 * Throws `denied` unless the permission is there already. Deno would otherwise stop the whole program for
 * a question on the terminal.
 */
export function demand(action: string, descriptor: Deno.PermissionDescriptor): void {
  if (Deno.permissions.querySync(descriptor).state === "granted") return;
  throw new PortError(
    "denied",
    `Cannot ${action}: permission "${descriptor.name}" is not granted (see --allow-${descriptor.name})`,
  );
}
