/** The player's page. */
import { mpegts } from "./mpegts.ts";

document.title = mpegts.version;
