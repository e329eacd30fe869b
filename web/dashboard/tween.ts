/** Moves things to where they belong, gently; at once for those who want no motion. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Point } from "./lines.ts";

const MOVE_MS = 650;

const ease = (t: number): number => 1 - (1 - t) ** 3;

/** Places on their way to `target`; undefined once they are there. What is new appears where it belongs. */
export function useMoving(
  target: ReadonlyMap<string, Point>,
  key: string,
): ReadonlyMap<string, Point> | undefined {
  const [shown, show] = useState<ReadonlyMap<string, Point>>();
  const now = useRef(target);
  useEffect(() => {
    const from = now.current;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
    const moves = [...target].some(([name, { x, y }]) => {
      const was = from.get(name);
      return was !== undefined && (Math.abs(was.x - x) > 0.5 || Math.abs(was.y - y) > 0.5);
    });
    now.current = target;
    if (still || !moves) return show(undefined);
    const began = performance.now();
    let frame = 0;
    const step = (at: number) => {
      const t = Math.min(1, Math.max(0, (at - began) / MOVE_MS));
      const part = ease(t);
      now.current = t >= 1 ? target : new Map([...target].map(([name, to]) => {
        const { x, y } = from.get(name) ?? to;
        return [name, { x: x + (to.x - x) * part, y: y + (to.y - y) * part }];
      }));
      show(t >= 1 ? undefined : now.current);
      if (t < 1) frame = requestAnimationFrame(step);
    };
    // The first drawing of the new picture still stands where the old one did.
    show(from);
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [key]);
  return shown;
}
