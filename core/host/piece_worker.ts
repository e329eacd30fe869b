/** Entry of a piece thread, which is started from the text of this file's bundle: "deno task web" makes it anew. */
import { runPieceThread } from "./piece_thread.ts";

runPieceThread();
