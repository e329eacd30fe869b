/** Entry of the media thread: `new Worker` of this file, or of the whole program where that is one file. */
import { runMediaThread } from "./media_thread.ts";

runMediaThread();
