/** The marks of roles: a shape for each, so that none is told by its color alone. */
import type { SeenNode } from "../../core/observe.ts";

/** What a node is drawn as. */
export type Kind = "origin" | "relay" | "pop" | "viewer" | "other";

/** Words for a legend, in the order of a stream's way. */
export const KINDS: Readonly<Record<Kind, string>> = {
  origin: "origin",
  relay: "relay",
  pop: "relay and POP",
  viewer: "viewer",
  other: "other",
};

/** What a node is first of all. */
export function kindOf({ roles, pop }: SeenNode): Kind {
  if (roles.includes("origin")) return "origin";
  if (roles.includes("relay")) return pop ? "pop" : "relay";
  return roles.includes("viewer") ? "viewer" : "other";
}

function shape(kind: Kind) {
  switch (kind) {
    case "origin":
      return <path d="M-4-7.5 8 0-4 7.5Z" stroke-linejoin="round" />;
    case "relay":
      return <circle r="6.5" />;
    case "pop":
      return (
        <>
          <circle r="8" class="ring" />
          <circle r="4.2" />
        </>
      );
    case "viewer":
      return <path d="M-8-6H8V4.5H-8ZM-3.5 8H3.5" stroke-linejoin="round" class="ring" />;
    case "other":
      return <path d="M0-7 6-3.5V3.5L0 7-6 3.5V-3.5Z" />;
  }
}

/** A mark around the middle of where it is put. */
export function Glyph({ kind, x = 0, y = 0, scale = 1 }: {
  readonly kind: Kind;
  readonly x?: number;
  readonly y?: number;
  readonly scale?: number;
}) {
  return (
    <g class={`glyph ${kind}`} transform={`translate(${x} ${y}) scale(${scale})`}>{shape(kind)}</g>
  );
}
