/** Entry of a piece thread: `new Worker` of this file, or of the whole program where that is one file. */
import { runPieceThread } from "./piece_thread.ts";

runPieceThread();
